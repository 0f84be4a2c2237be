// Colours of a condition text: keywords, numbers, texts in quotes, comments, calls. What names mean the server says.
import { indentService, StreamLanguage } from '@codemirror/language';

export const kLanguageName = 'stom';

const kKeywords =
  /^(?:if|elif|else|and|or|not|in|is|for|break|continue|pass|True|False|None|self)(?![\p{L}\p{N}_])/u;
const kSignals = /^(?:매수|매도|buy|sell|BUY_LONG|SELL_SHORT|SELL_LONG|BUY_SHORT)(?![\p{L}\p{N}_])/u;
const kIndent = 4;

export const conditionLanguage = StreamLanguage.define<null>({
  name: kLanguageName,
  startState: () => null,
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return 'comment';
    if (stream.match(/^(?:'(?:\\.|[^'\\])*'?|"(?:\\.|[^"\\])*"?)/)) return 'string';
    if (stream.match(/^(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/)) return 'number';
    if (stream.match(kKeywords)) return 'keyword';
    if (stream.match(kSignals)) return 'atom';
    if (stream.match(/^[\p{L}_][\p{L}\p{N}_]*(?=\s*\()/u)) return 'variableName.function';
    if (stream.match(/^[\p{L}_][\p{L}\p{N}_]*/u)) return 'variableName';
    stream.next();
    return 'operator';
  },
  languageData: { commentTokens: { line: '#' }, closeBrackets: { brackets: ['(', '[', "'", '"'] } },
});

/** A new line is as deep as the one above, and a block deeper behind a colon. */
export const blockIndent = indentService.of((context, position) => {
  const { text } = context.lineAt(position, -1);
  const depth = /^\s*/.exec(text)?.[0].length ?? 0;
  return /:\s*(?:#.*)?$/.test(text) ? depth + kIndent : depth;
});
