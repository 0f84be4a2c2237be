// What the server says of a word comes as Markdown and may quote the user's text: of the HTML made from it only plain
// structure is shown, whatever the text says.
const kAllowed = new Set(['P', 'CODE', 'PRE', 'STRONG', 'EM', 'UL', 'OL', 'LI', 'BR', 'SPAN']);

export function onlyText(html: string): string {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  for (const element of [...parsed.body.querySelectorAll('*')]) {
    if (!kAllowed.has(element.tagName)) {
      element.replaceWith(element.textContent ?? '');
      continue;
    }
    for (const { name } of [...element.attributes]) if (name !== 'class') element.removeAttribute(name);
  }
  return parsed.body.innerHTML;
}
