// The replay's own controls: where it is in the recording, how fast it goes, what the strategy is doing.
import { type CSSProperties, lazy, Suspense, useEffect, useRef, useState } from 'react';
import { formatStamp, formatTime, progress, timeAt } from '../money/time';
import { useApp, useLive, usePrefs, useT } from './app';

const kSpeeds = ['0.1', '0.5', '1', '2', '5', '10', '50', '100', '1000', 'max'];
const kSteps = ['event', '100ms', '1s', '10s', '1m', 'fill', 'order'] as const;
const SessionDialog = lazy(() => import('./SessionDialog'));

export function ReplayBar() {
  const t = useT();
  const { actions } = useApp();
  const session = useLive((state) => state.session);
  const [step, setStep] = useState<(typeof kSteps)[number]>('1s');
  const [sure, setSure] = useState(false);
  const [choosing, setChoosing] = useState(false);
  if (session?.mode !== 'replay') return <div className="replaybar" />;
  const restart = () => {
    setSure(false);
    void actions.control('restart');
  };
  const playing = session.state === 'playing';
  const over = session.state === 'finished' || session.state === 'halted';
  return (
    <section className="replaybar" aria-label={t('replay.title')}>
      <div className="group">
        {sure ? (
          <span className="confirm">
            <button type="button" className="danger" onClick={restart}>
              {t('replay.restart_sure')}
            </button>
            <button type="button" onClick={() => setSure(false)}>
              {t('common.no')}
            </button>
          </span>
        ) : (
          <button
            type="button"
            onClick={() => setSure(true)}
            title={t('replay.restart')}
            aria-label={t('replay.restart')}
          >
            <Icon shape="restart" />
          </button>
        )}
        <button
          type="button"
          className="play"
          disabled={over}
          onClick={() => void actions.toggle()}
          title={`${t(playing ? 'replay.pause' : 'replay.play')} (Space)`}
          aria-label={t(playing ? 'replay.pause' : 'replay.play')}
          data-testid="play"
          data-state={session.state}
        >
          <Icon shape={playing ? 'pause' : 'play'} />
        </button>
        <button
          type="button"
          disabled={over}
          onClick={() => void (isJump(step) ? actions.control('jump', step) : actions.control('step', step))}
          title={`${t('replay.step')} (→)`}
          aria-label={t('replay.step')}
          data-testid="step"
        >
          <Icon shape="step" />
        </button>
        <select
          aria-label={t('replay.step_size')}
          title={t('replay.step_size')}
          value={step}
          onChange={(event) => setStep(event.target.value as (typeof kSteps)[number])}
        >
          {kSteps.map((size) => (
            <option key={size} value={size}>
              {size === 'event' ? t('replay.one_event') : isJump(size) ? t(`replay.next_${size}`) : size}
            </option>
          ))}
        </select>
        <label className="speed">
          <span>{t('replay.speed')}</span>
          <select
            value={session.speed}
            onChange={(event) => void actions.control('speed', event.target.value)}
            data-testid="speed"
          >
            {(kSpeeds.includes(session.speed) ? kSpeeds : [session.speed, ...kSpeeds]).map((speed) => (
              <option key={speed} value={speed}>
                {speed === 'max' ? t('replay.max') : `×${speed}`}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Progress />
      <span className={`state ${session.state}`} data-testid="state">
        {t(`state.${session.state}`)}
      </span>
      <StrategySwitch />
      <button type="button" onClick={() => setChoosing(true)} data-testid="new-session">
        {t('begin.open')}
      </button>
      {choosing && (
        <Suspense fallback={null}>
          <SessionDialog onClose={() => setChoosing(false)} />
        </Suspense>
      )}
    </section>
  );
}

const isJump = (step: (typeof kSteps)[number]): step is 'fill' | 'order' =>
  step === 'fill' || step === 'order';

const kShapes = {
  play: 'M4 2.5v11l9-5.5z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  step: 'M3 2.5v11l7.5-5.5zM11 3h2.5v10H11z',
  restart: 'M13 2.5v11L5.5 8zM2.5 3H5v10H2.5z',
};

/** Drawn, since not every machine has a font with these signs. */
function Icon({ shape }: { shape: keyof typeof kShapes }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={kShapes[shape]} />
    </svg>
  );
}

/** Where it is in the recording; dragged or moved with the arrow keys, it goes there. Back means starting over. */
function Progress() {
  const t = useT();
  const { actions } = useApp();
  const { zone } = usePrefs();
  const session = useLive((state) => state.session);
  const [aim, setAim] = useState<number | null>(null); // while it is moved
  const [back, setBack] = useState<bigint | null>(null); // to be confirmed
  const slider = useRef<HTMLInputElement>(null);
  const data = session?.data;
  const clock = session?.clock_time_ns ?? '0';

  // React's onChange comes with every move; the element's own "change" comes once, when it is let go.
  useEffect(() => {
    const input = slider.current;
    if (!input || !data) return;
    const go = () => {
      const time = timeAt(Number(input.value), data.from_time_ns, data.to_time_ns);
      setAim(null);
      if (time > BigInt(clock)) void actions.seek(time, false);
      else setBack(time);
    };
    input.addEventListener('change', go);
    return () => input.removeEventListener('change', go);
  }, [actions, data, clock]);

  if (!session || !data) return null;
  const { from_time_ns: from, to_time_ns: to, name } = data;
  const done = progress(clock, from, to);
  const shown = aim ?? done;
  const words = t('replay.position', {
    percent: (shown / 10).toFixed(1),
    time: formatTime(timeAt(shown, from, to), zone, 0),
  });
  return (
    <div className="progress" title={`${name}\n${formatStamp(from, zone)} – ${formatStamp(to, zone)}`}>
      <span className="source" data-testid="source" data-source={data.source}>
        {t(`source.${data.source}`)} · {name}
      </span>
      {back !== null ? (
        <span className="confirm">
          <button
            type="button"
            className="danger"
            onClick={() => {
              setBack(null);
              void actions.seek(back, true);
            }}
          >
            {t('replay.back_sure', { time: formatTime(back, zone, 0) })}
          </button>
          <button type="button" onClick={() => setBack(null)}>
            {t('common.no')}
          </button>
        </span>
      ) : (
        <input
          ref={slider}
          type="range"
          min={0}
          max={1000}
          value={shown}
          onChange={(event) => setAim(Number(event.target.value))}
          aria-label={t('replay.progress')}
          aria-valuetext={words}
          style={{ '--done': `${shown / 10}%` } as CSSProperties}
          data-testid="seek"
        />
      )}
      <span className="num">{aim === null ? `${(done / 10).toFixed(1)}%` : words}</span>
    </div>
  );
}

function StrategySwitch() {
  const t = useT();
  const { actions } = useApp();
  const strategy = useLive((state) => state.session?.strategy ?? null);
  if (!strategy) return <span className="strategy none">{t('strategy.none')}</span>;
  const running = strategy.state === 'running';
  const parameters = Object.entries(strategy.parameters).map(([key, value]) => `${key} = ${value}`);
  return (
    <span className="strategy" title={parameters.join('\n')}>
      <b data-testid="strategy">{strategy.name}</b>
      <button
        type="button"
        role="switch"
        aria-checked={running}
        disabled={strategy.state === 'halted'}
        onClick={() => void actions.control(running ? 'pause_strategy' : 'resume_strategy')}
        className={`switch ${strategy.state}`}
        data-testid="strategy-switch"
        aria-label={`${strategy.name}: ${t('strategy.switch')}`}
      >
        {t(`strategy.${strategy.state}`)}
      </button>
    </span>
  );
}
