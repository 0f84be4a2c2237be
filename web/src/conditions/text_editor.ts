// A CodeMirror editor for one condition text. It stands in a shadow root, whose style sheets are made by script: the
// page's policy allows no inline style.
import {
  autocompletion,
  CompletionContext,
  type CompletionSource,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  selectedCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { forEachDiagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import {
  formatDocument,
  formatKeymap,
  jumpToDefinitionKeymap,
  type LSPClient,
  serverCompletionSource,
} from '@codemirror/lsp-client';
import { Compartment, EditorState, type Extension, Prec } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder,
  tooltips,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { blockIndent, conditionLanguage } from './highlight';

const kSyncMs = 60; // after the last key: fast enough to be seen as at once

export interface TextProblem {
  readonly from: number;
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning';
  readonly cause: string;
  readonly hint: string;
}

export interface Looks {
  readonly label: string;
  readonly placeholder: string;
  readonly phrases: Record<string, string>;
}

/** The library asks by itself behind Latin letters only. */
const completeWords: CompletionSource = (context) => {
  const before = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos);
  const explicit = context.explicit || /[\p{Script=Hangul}]/u.test(before);
  return serverCompletionSource(new CompletionContext(context.state, context.pos, explicit, context.view));
};

/** Enter behind a word that is whole ends the line; it does not take the word once more. */
const endLineBehindWholeWord = Prec.highest(
  keymap.of([
    {
      key: 'Enter',
      run(view) {
        const label = selectedCompletion(view.state)?.label;
        const at = view.state.selection.main.head;
        if (label && view.state.sliceDoc(at - label.length, at) === label) closeCompletion(view);
        return false;
      },
    },
  ]),
);

const kColours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--code-keyword)' },
  { tag: tags.atom, color: 'var(--code-signal)', fontWeight: '600' },
  { tag: tags.function(tags.variableName), color: 'var(--code-call)' },
  { tag: [tags.number, tags.string], color: 'var(--code-value)' },
  { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
]);

const kTheme = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--panel)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' }, // the host shows it, gutter and all
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--text)', padding: '6px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 30%, transparent)',
  },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--accent) 7%, transparent)' },
  '.cm-gutters': {
    backgroundColor: 'var(--panel)',
    color: 'var(--muted)',
    border: 'none',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLineGutter': { backgroundColor: 'var(--raised)', color: 'var(--text)' },
  '.cm-placeholder': { color: 'var(--muted)', whiteSpace: 'pre' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'transparent',
    outline: '1px solid var(--muted)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    border: '1px solid var(--line)',
    borderRadius: '5px',
    boxShadow: '0 6px 20px rgb(0 0 0 / 30%)',
    maxWidth: 'min(520px, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '15em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 6px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent)',
    color: 'var(--accent-text)',
  },
  '.cm-completionDetail': { fontStyle: 'normal', fontFamily: 'var(--sans)', color: 'var(--muted)' },
  'li[aria-selected] .cm-completionDetail': { color: 'inherit' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-tooltip.cm-completionInfo': { padding: '4px 0', width: '300px', whiteSpace: 'normal' },
  '.cm-lsp-documentation': { padding: '4px 10px', fontFamily: 'var(--sans)', fontSize: '12px' },
  '.cm-lsp-documentation p': { margin: '4px 0' },
  '.cm-lsp-documentation ul': { margin: '4px 0', paddingLeft: '18px' },
  '.cm-lsp-documentation code, .cm-lsp-signature': { fontFamily: 'var(--mono)', fontSize: '12px' },
  '.cm-lsp-documentation pre': { margin: '4px 0', padding: '0' },
  '.cm-lsp-active-parameter': { color: 'var(--accent)', fontWeight: '700' },
  '.cm-diagnostic': { whiteSpace: 'pre-line', padding: '5px 10px', fontFamily: 'var(--sans)' },
  '.cm-diagnostic-error': { borderLeft: '4px solid var(--red)' },
  '.cm-diagnostic-warning': { borderLeft: '4px solid var(--warn)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--red)',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--warn)',
    textUnderlineOffset: '3px',
  },
  '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--text)', borderColor: 'var(--line)' },
});

export class TextEditor {
  private readonly view: EditorView;
  private readonly looks = new Compartment();
  private readonly server = new Compartment();
  private client: LSPClient | null = null;
  private timer = 0;

  constructor(
    host: HTMLElement,
    private readonly uri: string,
    text: string,
    looks: Looks,
    onText: (text: string) => void,
    onProblems: (problems: readonly TextProblem[]) => void,
  ) {
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    const parent = document.createElement('div');
    parent.style.height = '100%';
    root.replaceChildren(parent);
    const follow = EditorView.updateListener.of((update) => {
      if (update.docChanged) {
        onText(update.state.doc.toString());
        this.syncSoon();
      }
      const told = update.transactions.some(({ effects }) => effects.length > 0);
      if (update.docChanged || told) onProblems(problemsOf(update.state));
    });
    this.view = new EditorView({
      root,
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          bracketMatching(),
          closeBrackets(),
          endLineBehindWholeWord,
          autocompletion({ override: [completeWords], icons: false }),
          indentUnit.of('    '),
          conditionLanguage,
          blockIndent,
          syntaxHighlighting(kColours),
          kTheme,
          tooltips({ position: 'absolute' }),
          keymap.of([
            ...closeBracketsKeymap,
            ...formatKeymap,
            ...jumpToDefinitionKeymap,
            ...lintKeymap,
            ...historyKeymap,
            ...defaultKeymap,
            indentWithTab,
          ]),
          this.looks.of(extensionsOf(looks)),
          this.server.of([]),
          follow,
        ],
      }),
    });
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.view.destroy();
  }

  setLooks(looks: Looks): void {
    this.view.dispatch({ effects: this.looks.reconfigure(extensionsOf(looks)) });
  }

  /** Null: nobody checks the text, so what was found is no longer shown. */
  setClient(client: LSPClient | null): void {
    this.client = client;
    this.view.dispatch({ effects: this.server.reconfigure(client ? client.plugin(this.uri, 'stom') : []) });
    if (!client) this.view.dispatch(setDiagnostics(this.view.state, []));
  }

  /** One step of undo. */
  setText(text: string): void {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    this.view.focus();
  }

  goTo(problem: TextProblem): void {
    const at = Math.min(problem.from, this.view.state.doc.length);
    this.view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
    this.view.focus();
  }

  format(): void {
    formatDocument(this.view);
    this.view.focus();
  }

  private syncSoon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.client?.sync(), kSyncMs);
  }
}

function extensionsOf(looks: Looks): Extension {
  return [
    EditorView.contentAttributes.of({ 'aria-label': looks.label, spellcheck: 'false' }),
    placeholder(looks.placeholder),
    EditorState.phrases.of(looks.phrases),
  ];
}

function problemsOf(state: EditorState): readonly TextProblem[] {
  const found: TextProblem[] = [];
  forEachDiagnostic(state, ({ severity, message }, from) => {
    const line = state.doc.lineAt(from);
    const [cause = '', ...hint] = message.split('\n');
    found.push({
      from,
      line: line.number,
      column: [...line.text.slice(0, from - line.from)].length + 1,
      severity: severity === 'error' ? 'error' : 'warning',
      cause,
      hint: hint.join(' '),
    });
  });
  return found.sort((a, b) => a.from - b.from);
}
