// A panel in a browser window of its own, for a second screen: /w/chart, /w/book, … It has its own socket, so it lives on
// when the main window closes.
import { useT } from './app';

export const kPanels = ['chart', 'book', 'tape', 'lower', 'equity'] as const;
export type PanelName = (typeof kPanels)[number];

export function panelOfPath(path: string): PanelName | null {
  const name = /^\/w\/([a-z]+)$/.exec(path)?.[1];
  return kPanels.find((panel) => panel === name) ?? null;
}

export function OpenAlone({ panel }: { panel: PanelName }) {
  const t = useT();
  if (panelOfPath(location.pathname)) return null;
  const open = () => window.open(`/w/${panel}`, `stom-${panel}`, 'popup,width=900,height=640');
  return (
    <button
      type="button"
      className="alone"
      onClick={open}
      title={t('shell.alone')}
      aria-label={t('shell.alone')}
    >
      <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
        <path d="M2 3h6v2H4v7h7V8h2v6H2zM9 2h5v5h-2V5.4L8.7 8.7 7.3 7.3 10.6 4H9z" />
      </svg>
    </button>
  );
}
