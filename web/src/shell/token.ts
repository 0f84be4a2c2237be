// The start token as `stom serve` prints it: behind # in the address, where it is sent to no one, and not for long.

/** Takes the token out of the address and out of the browser's history. */
export function takeToken(): string | null {
  const token = tokenIn(location.hash);
  if (token) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

/** From a whole link, its #token=… part, or the bare token. */
export function tokenIn(text: string): string | null {
  const found = /(?:^|#token=)([0-9a-f]{32,128})\s*$/.exec(text.trim());
  return found?.[1] ?? null;
}
