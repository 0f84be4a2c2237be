// A search in the log of a trading session: its newest lines first, by words and by how loud they are, older ones a page
// at a time. The newest are asked for again every two seconds, as long as nothing older stands behind them.
import { useEffect, useRef, useState } from 'react';
import { formatStamp } from '../money/time';
import { useApp, usePrefs, useT } from '../shell/app';
import { behind, type Found, wordsOf } from '../state/session_log';
import type { LogLevel } from '../wire/types';
import { Choices } from './Choices';
import { TableHead } from './TableHead';

const kEveryMs = 2000;
const kTypingMs = 250;
const kLevels: readonly LogLevel[] = ['info', 'warn', 'error'];

export function SessionLog({ session }: { session: string }) {
  const t = useT();
  const { zone } = usePrefs();
  const [text, setText] = useState('');
  const [level, setLevel] = useState<LogLevel>('info');
  const { found, fault, busy, older, newest } = useSearch(session, text, level);
  return (
    <section className="log" aria-label={t('venues.log')} data-testid="session-log">
      <div className="filters">
        <Choices
          label={t('log.level')}
          options={kLevels.map((one) => [one, t(`venues.log.level.${one}`)])}
          chosen={level}
          choose={setLevel}
        />
        <input
          type="search"
          value={text}
          maxLength={60}
          onChange={(event) => setText(event.target.value)}
          placeholder={t('venues.log.search')}
          aria-label={t('venues.log.search')}
        />
      </div>
      {fault && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      {found && found.lines.length > 0 && (
        <section className="books" tabIndex={0} aria-label={t('venues.log.lines')}>
          <table>
            <TableHead columns={['common.time', 'log.level', 'log.text']} />
            <tbody>
              {found.lines.map((line, at) => (
                <tr key={at} data-level={line.level}>
                  <td className="num">{line.time_ns === null ? '–' : formatStamp(line.time_ns, zone)}</td>
                  <td className={`level ${line.level}`}>{t(`level.${line.level}`)}</td>
                  <td className="words">{line.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <p className="more">
        <span className="muted" role="status" data-testid="log-found">
          {found ? t(wordsOf(found), { count: found.lines.length }) : t('common.waiting')}
        </span>{' '}
        {found && found.next !== null && (
          <button type="button" onClick={() => void older()} disabled={busy} data-testid="log-older">
            {t('venues.log.older')}
          </button>
        )}{' '}
        {found && (found.pages > 1 || fault) && (
          <button type="button" onClick={newest}>
            {t('venues.log.newest')}
          </button>
        )}
      </p>
    </section>
  );
}

/** Of all that was asked only the last counts: an answer to what was typed before is none to this. */
function useSearch(session: string, text: string, level: LogLevel) {
  const { api } = useApp();
  const [found, setFound] = useState<Found | null>(null);
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);
  const [turn, setTurn] = useState(0);
  const asked = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn asks for the newest again
  useEffect(() => {
    asked.current += 1;
    const mine = asked.current;
    const isLast = () => asked.current === mine;
    let timer = 0;
    const ask = async () => {
      if (!isLast()) return;
      try {
        if (!document.hidden) {
          const page = await api.tradingLog(session, text, level);
          if (!isLast()) return;
          setFound(behind(null, page));
          setFault('');
        }
      } catch (error) {
        if (isLast()) setFault(wordsOfError(error));
      }
      if (isLast()) timer = window.setTimeout(ask, kEveryMs);
    };
    timer = window.setTimeout(ask, kTypingMs);
    return () => {
      asked.current += 1;
      clearTimeout(timer);
    };
  }, [api, session, text, level, turn]);
  const older = async () => {
    if (!found?.next) return;
    asked.current += 1;
    const mine = asked.current;
    setBusy(true);
    try {
      const page = await api.tradingLog(session, text, level, found.next);
      if (asked.current === mine) {
        setFound(behind(found, page));
        setFault('');
      }
    } catch (error) {
      if (asked.current === mine) setFault(wordsOfError(error));
    }
    setBusy(false);
  };
  return { found, fault, busy, older, newest: () => setTurn(turn + 1) };
}

const wordsOfError = (error: unknown): string => (error instanceof Error ? error.message : String(error));
