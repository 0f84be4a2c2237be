// The state of the whole session when it is not as it should be: what happened, and what to do.
import { useEffect, useState } from 'react';
import { useApp, useLive, useT } from './app';

export function Banner() {
  const t = useT();
  const { stream } = useApp();
  const { link, retryAt, tries } = useLive((state) => state.connection);
  const halted = useLive((state) =>
    state.session?.state === 'halted' ? (state.session.halted_reason ?? '') : null,
  );
  const finished = useLive((state) => state.session?.state === 'finished');
  // At the very beginning there is no book yet, which is no gap in it.
  const begun = useLive(({ session }) => session?.clock_time_ns !== session?.data.from_time_ns);
  const bookStale = useLive((state) => state.book.stale && state.book.time > 0n) && begun;

  if (link === 'lost') {
    return (
      <div className="banner error" role="alert" data-testid="banner">
        <b>{t('banner.lost')}</b> <span>{t('banner.lost.do')}</span>
        <Countdown until={retryAt} tries={tries} />
        <button type="button" onClick={() => stream.retryNow()}>
          {t('banner.retry_now')}
        </button>
      </div>
    );
  }
  if (halted !== null) {
    return (
      <div className="banner error" role="alert" data-testid="banner">
        <b>{t('banner.halted')}</b> <span>{halted}</span> <span>{t('banner.halted.do')}</span>
      </div>
    );
  }
  if (finished) {
    return (
      <div className="banner" role="status" data-testid="banner">
        <b>{t('banner.finished')}</b> <span>{t('banner.finished.do')}</span>
      </div>
    );
  }
  if (bookStale && link === 'open') {
    return (
      <div className="banner warn" role="status" data-testid="banner">
        <b>{t('banner.book_stale')}</b> <span>{t('banner.book_stale.do')}</span>
      </div>
    );
  }
  return null;
}

function Countdown({ until, tries }: { until: number; tries: number }) {
  const t = useT();
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return (
    <span className="num" aria-hidden="true">
      {t('banner.retry_in', { seconds, tries })}
    </span>
  );
}
