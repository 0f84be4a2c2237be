// The sheet behind "?": every shortcut, by group.
import { useEffect, useRef } from 'react';
import { useT } from '../shell/app';
import { kShortcuts } from './keys';

const kGroups = ['replay', 'view', 'trade'] as const;

export function HelpSheet({ onClose }: { onClose: () => void }) {
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="help" aria-labelledby="help-title" onClose={onClose}>
      <header>
        <h2 id="help-title">{t('help.title')}</h2>
        <button type="button" onClick={() => dialog.current?.close()} aria-label={t('common.close')}>
          ×
        </button>
      </header>
      <div className="columns">
        {kGroups.map((group) => (
          <section key={group}>
            <h3>{t(`help.${group}`)}</h3>
            {group === 'trade' && <p>{t('help.trade.why')}</p>}
            <dl>
              {kShortcuts
                .filter((shortcut) => shortcut.group === group)
                .map(({ shown, words }) => (
                  <div key={words}>
                    <dt>
                      <kbd>{shown}</kbd>
                    </dt>
                    <dd>{t(words)}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <footer>{t('help.footer')}</footer>
    </dialog>
  );
}
