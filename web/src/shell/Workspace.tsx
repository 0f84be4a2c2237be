// The trading screen: bars above, panels in a grid below, and which topics the socket carries for them.
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { HelpSheet } from '../keys/HelpSheet';
import { useKeys } from '../keys/keys';
import { BookPanel } from '../panels/BookPanel';
import { LowerTabs } from '../panels/LowerTabs';
import { PositionPanel } from '../panels/PositionPanel';
import { TapePanel } from '../panels/TapePanel';
import { TicketPanel } from '../panels/TicketPanel';
import type { PanelName } from './alone';
import { useApp, useInstrument, useLive, usePrefs, useT } from './app';
import { Banner } from './Banner';
import { NoticeList } from './NoticeList';
import { ReplayBar } from './ReplayBar';
import { Splitter } from './Splitter';
import { ModeLine, TopBar } from './TopBar';
import { useAlerts } from './useAlerts';

const ChartPanel = lazy(() => import('../panels/ChartPanel'));
const EquityPanel = lazy(() => import('../panels/EquityPanel'));
const VenuesDialog = lazy(() => import('../panels/VenuesDialog'));
const AlertsDialog = lazy(() => import('../panels/AlertsDialog'));

const kSessionTopics = ['session', 'orders', 'fills', 'positions', 'account', 'equity', 'log'];

export function Workspace() {
  const t = useT();
  const [help, setHelp] = useState(false);
  const [venues, setVenues] = useState(false);
  const [alerts, setAlerts] = useState(false);
  const grid = useRef<HTMLElement>(null);
  const openHelp = useCallback(() => setHelp(true), []);
  const openVenues = useCallback(() => setVenues(true), []);
  const openAlerts = useCallback(() => setAlerts(true), []);
  useTopics();
  useAlerts();
  useTitle();
  useKeys({ help: openHelp, venues: openVenues });
  return (
    <div className="shell">
      <a className="skip" href="#ticket">
        {t('shell.skip_to_ticket')}
      </a>
      <TopBar onHelp={openHelp} onVenues={openVenues} onAlerts={openAlerts} />
      <ReplayBar />
      <Banner />
      <main className="workspace" ref={grid}>
        <Suspense fallback={<section className="panel chart" aria-busy="true" />}>
          <ChartPanel />
        </Suspense>
        <BookPanel />
        <div className="side">
          <TicketPanel />
          <PositionPanel />
          <TapePanel />
        </div>
        <Splitter grid={grid} />
        <LowerTabs />
        <Suspense fallback={<section className="panel equity" aria-busy="true" />}>
          <EquityPanel />
        </Suspense>
      </main>
      <NoticeList />
      {help && <HelpSheet onClose={() => setHelp(false)} />}
      {venues && (
        <Suspense fallback={null}>
          <VenuesDialog onClose={() => setVenues(false)} />
        </Suspense>
      )}
      {alerts && (
        <Suspense fallback={null}>
          <AlertsDialog onClose={() => setAlerts(false)} />
        </Suspense>
      )}
    </div>
  );
}

/** One panel alone in its window. */
export function AlonePanel({ panel }: { panel: PanelName }) {
  const [help, setHelp] = useState(false);
  const openHelp = useCallback(() => setHelp(true), []);
  useTopics();
  useTitle();
  useKeys({ help: openHelp });
  return (
    <div className="shell alone-shell">
      <ModeLine />
      <Banner />
      <main className={`alone-panel ${panel}`}>
        <Suspense fallback={null}>
          {panel === 'chart' && <ChartPanel />}
          {panel === 'book' && <BookPanel />}
          {panel === 'tape' && <TapePanel />}
          {panel === 'lower' && <LowerTabs />}
          {panel === 'equity' && <EquityPanel />}
        </Suspense>
      </main>
      <NoticeList />
      {help && <HelpSheet onClose={() => setHelp(false)} />}
    </div>
  );
}

function useTopics(): void {
  const { live, stream } = useApp();
  const { interval } = usePrefs();
  const id = useInstrument()?.id;
  useEffect(() => {
    if (id) live.clearBars(interval);
    const market = id ? [`book.${id}`, `trades.${id}`, `bars.${id}.${interval}`] : [];
    stream.want([...kSessionTopics, ...market]);
  }, [live, stream, id, interval]);
}

/** Mode and instrument in the tab's title: a window in the background still says what it is. */
function useTitle(): void {
  const mode = useLive((state) => state.session?.mode.toUpperCase());
  const symbol = useInstrument()?.id.split(':')[1];
  useEffect(() => {
    document.title = symbol && mode ? `${symbol} · ${mode} · STOM` : 'STOM';
  }, [mode, symbol]);
}
