// Condition texts in an editor: one to buy, one to sell, each checked as it is typed by the language server of this
// engine. What is written stays in this browser until it is saved to a file.
import type { LSPClient } from '@codemirror/lsp-client';
import { type ChangeEvent, useCallback, useEffect, useId, useRef, useState } from 'react';
import type { Key, Translate } from '../i18n/translate';
import { useApp, usePrefs, useT } from '../shell/app';
import { Logo } from '../shell/Login';
import { LookButtons } from '../shell/LookButtons';
import { LanguageConnection, type LinkState } from './connection';
import { type Looks, TextEditor, type TextProblem } from './text_editor';
import { kMostBytes, readText } from './text_file';
import '../styles/conditions.css';

const kKinds = ['buy', 'sell'] as const;
type Kind = (typeof kKinds)[number];
const draftKey = (kind: Kind) => `stom.conditions.${kind}`;

export default function ConditionsPage() {
  const t = useT();
  const { link, client } = useLanguageServer();
  useEffect(() => {
    document.title = `${t('conditions.title')} · STOM`;
  }, [t]);
  return (
    <div className="conditions-shell">
      <header className="topbar">
        <a className="brand" href="/" title={t('conditions.back')}>
          <Logo /> STOM
        </a>
        <h1>{t('conditions.title')}</h1>
        <span className={`sign ${kTones[link]}`} role="status" data-testid="language-link" data-link={link}>
          <i aria-hidden="true" /> {t(`conditions.link.${link}`)}
        </span>
        <span className="spring" />
        <div className="tools">
          <LookButtons />
        </div>
      </header>
      <main className="conditions">
        {kKinds.map((kind) => (
          <Pane key={kind} kind={kind} client={client} />
        ))}
      </main>
      <footer className="conditions-foot">
        <small>{t('conditions.keys')}</small>
        <small>
          {t('conditions.run')}{' '}
          <code className="command">
            stom backtest run --strategy conditions --param buy=buy.txt --param sell=sell.txt
          </code>
        </small>
      </footer>
    </div>
  );
}

const kTones: Record<LinkState, string> = { connecting: 'warn', open: 'good', lost: 'bad', too_big: 'bad' };

function useLanguageServer(): { link: LinkState; client: LSPClient | null } {
  const { api, live } = useApp();
  const { language } = usePrefs();
  const [server, setServer] = useState<{ link: LinkState; client: LSPClient | null }>({
    link: 'connecting',
    client: null,
  });
  useEffect(() => {
    const connection = new LanguageConnection(
      api,
      language,
      (link, client) => setServer({ link, client }),
      () => {
        api.forget();
        live.setConnection({ link: 'login', stale: false });
      },
    );
    return () => {
      connection.stop();
      setServer({ link: 'connecting', client: null });
    };
  }, [api, live, language]);
  return server;
}

function Pane({ kind, client }: { kind: Kind; client: LSPClient | null }) {
  const t = useT();
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<TextEditor | null>(null);
  const file = useRef<HTMLInputElement>(null);
  const title = useId();
  const [problems, setProblems] = useState<readonly TextProblem[]>([]);
  const [fault, setFault] = useState<Key | null>(null);

  const first = useRef(looksOf(kind, t));
  useEffect(() => {
    if (!host.current) return;
    const made = new TextEditor(
      host.current,
      `file:///${kind}.txt`,
      localStorage.getItem(draftKey(kind)) ?? '',
      first.current,
      (text) => keepDraft(kind, text),
      setProblems,
    );
    editor.current = made;
    return () => {
      editor.current = null;
      made.destroy();
    };
  }, [kind]);
  useEffect(() => editor.current?.setLooks(looksOf(kind, t)), [kind, t]);
  useEffect(() => editor.current?.setClient(client), [client]);

  const open = async (event: ChangeEvent<HTMLInputElement>) => {
    const chosen = event.target.files?.[0];
    event.target.value = ''; // the same file may be opened again
    if (!chosen) return;
    if (chosen.size > kMostBytes) return setFault('conditions.too_large');
    setFault(null);
    editor.current?.setText(readText(await chosen.arrayBuffer()));
  };
  const save = useCallback(() => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(
      new Blob([localStorage.getItem(draftKey(kind)) ?? ''], { type: 'text/plain' }),
    );
    link.download = `${kind}.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, [kind]);

  return (
    <section className="panel text" aria-labelledby={title} data-testid={`pane-${kind}`}>
      <header>
        <h2 id={title}>{t(`conditions.${kind}`)}</h2>
        <input
          ref={file}
          type="file"
          accept=".txt,.stom,text/plain"
          className="sr-only"
          tabIndex={-1}
          aria-hidden="true"
          onChange={(event) => void open(event)}
          data-testid={`file-${kind}`}
        />
        <button type="button" onClick={() => file.current?.click()}>
          {t('conditions.open')}
        </button>
        <button type="button" onClick={save}>
          {t('conditions.save')}
        </button>
        <button type="button" onClick={() => editor.current?.format()} disabled={!client}>
          {t('conditions.format')}
        </button>
      </header>
      <div className="code" ref={host} />
      {fault && (
        <p className="fault" role="alert">
          {t(fault)}
        </p>
      )}
      <Problems
        problems={problems}
        checked={client !== null}
        label={t(`conditions.problems.${kind}`)}
        onChoose={(problem) => editor.current?.goTo(problem)}
      />
    </section>
  );
}

function Problems({
  problems,
  checked,
  label,
  onChoose,
}: {
  problems: readonly TextProblem[];
  checked: boolean;
  label: string;
  onChoose: (problem: TextProblem) => void;
}) {
  const t = useT();
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const summary = !checked
    ? t('conditions.unchecked')
    : problems.length === 0
      ? t('conditions.none')
      : t('conditions.count', { errors, warnings: problems.length - errors });
  return (
    <div className="problems">
      <p role="status" className={errors > 0 ? 'down' : 'muted'}>
        {summary}
      </p>
      <ul aria-label={label}>
        {problems.map((problem) => (
          <li key={`${problem.from} ${problem.cause}`}>
            <button
              type="button"
              className={problem.severity}
              onClick={() => onChoose(problem)}
              data-testid="problem"
            >
              <span className="num">
                {t('conditions.line', { line: problem.line, column: problem.column })}
              </span>
              <b>{t(`conditions.${problem.severity}`)}</b>
              <span>
                {problem.cause} <small>→ {problem.hint}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function looksOf(kind: Kind, t: Translate): Looks {
  return {
    label: t(`conditions.${kind}`),
    placeholder: t(`conditions.placeholder.${kind}`),
    phrases: {
      Completions: t('conditions.phrase.completions'),
      Diagnostics: t('conditions.phrase.diagnostics'),
      'No diagnostics': t('conditions.none'),
      close: t('common.close'),
    },
  };
}

/** A browser without room for it keeps the text as long as the page is open. */
function keepDraft(kind: Kind, text: string): void {
  try {
    localStorage.setItem(draftKey(kind), text);
  } catch {
    console.warn('this browser has no room for the draft');
  }
}
