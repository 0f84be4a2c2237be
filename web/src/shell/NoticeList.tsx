// Refusals and confirmations, newest at the bottom. Our own words by code; the server's text where we have none.
import { useSyncExternalStore } from 'react';
import { known } from '../i18n/translate';
import type { Notice } from '../state/notices';
import { useApp, useT } from './app';

export function NoticeList() {
  const { notices } = useApp();
  const list = useSyncExternalStore(notices.subscribe, notices.state);
  return (
    <div className="notices" aria-live="polite">
      {list.map((notice) => (
        <Item key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function Item({ notice }: { notice: Notice }) {
  const t = useT();
  const { notices } = useApp();
  const title = known('error', notice.code);
  const hint = known('remedy', notice.code);
  return (
    <div
      className={`notice ${notice.kind}`}
      role={notice.code === 'alert' && notice.kind === 'error' ? 'alert' : undefined}
      data-testid="notice"
      data-code={notice.code}
    >
      <div>
        <b>{title ? t(title) : notice.title || notice.code}</b>
        {notice.detail && <p>{notice.detail}</p>}
        {(notice.hint || hint) && <p className="hint">→ {notice.hint || (hint && t(hint))}</p>}
      </div>
      <button type="button" onClick={() => notices.close(notice.id)} aria-label={t('common.close')}>
        ×
      </button>
    </div>
  );
}
