// REST calls of docs/api.md. The session cookie is HttpOnly; the second half of the credential (csrf) is kept here.
import type {
  CandleRow,
  KillStep,
  LogLevel,
  NewOrder,
  Order,
  Problem,
  Replayable,
  RunCard,
  RunCurve,
  Session,
  SessionChoice,
  StrategyCard,
  TradingAlerts,
  TradingEnded,
  TradingKill,
  TradingLogPage,
  TradingSession,
} from '../wire/types';

const kCurvePoints = 5000; // more than a wide screen has columns, extremes of each included
const kCsrfKey = 'stom.csrf';

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }
}

/** No answer came: whether the call was carried out is not known. */
export class NoAnswer extends Error {}

export class Api {
  private csrf = localStorage.getItem(kCsrfKey) ?? '';

  get hasCredential(): boolean {
    return this.csrf !== '';
  }

  async login(token: string): Promise<void> {
    const { csrf } = await this.call<{ csrf: string }>('POST', '/login', { token });
    this.csrf = csrf;
    localStorage.setItem(kCsrfKey, csrf);
  }

  forget(): void {
    this.csrf = '';
    localStorage.removeItem(kCsrfKey);
  }

  wsTicket = () => this.call<{ ticket: string }>('POST', '/ws-ticket', {});
  session = () => this.call<Session>('GET', '/session');
  control = (action: string, value?: string) =>
    this.call<Session>('POST', '/session/control', value === undefined ? { action } : { action, value });
  begin = (choice: SessionChoice) => this.call<Session>('POST', '/session/begin', choice);
  instruments = () => this.call<{ instruments: Replayable[] }>('GET', '/instruments');
  strategies = () => this.call<{ strategies: StrategyCard[] }>('GET', '/strategies');
  runs = () => this.call<{ runs: RunCard[] }>('GET', '/runs');
  trading = () => this.call<{ sessions: TradingSession[] }>('GET', '/trading');
  tradingEnded = () => this.call<{ sessions: TradingEnded[] }>('GET', '/trading/ended');
  tradingAlerts = () => this.call<{ sessions: TradingAlerts[] }>('GET', '/trading/alerts');
  tradingLog = (session: string, text: string, level: LogLevel, cursor = '') =>
    this.call<TradingLogPage>('GET', `/trading/log?${new URLSearchParams({ session, text, level, cursor })}`);
  kill = (session: string, step: KillStep, confirm?: string) =>
    this.call<TradingKill>(
      'POST',
      '/trading/kill',
      confirm === undefined ? { session, step } : { session, step, confirm },
    );
  runCurve = (run: string) =>
    this.call<RunCurve>('GET', `/runs/${encodeURIComponent(run)}/curve?points=${kCurvePoints}`);
  candles = (instrument: string, interval: string, before: string, limit = 500) =>
    this.call<{ bars: CandleRow[]; next: string | null }>(
      'GET',
      `/candles?${new URLSearchParams({ instrument, interval, before, limit: String(limit) })}`,
    );
  placeOrder = (order: NewOrder) => this.once<Order>('/orders', order);
  flatten = (instrument: string | null) =>
    this.once<{ canceled: string[]; orders: Order[] }>('/flatten', { instrument, pause_strategy: true });
  cancel = (id: string) => this.call<Order>('DELETE', `/orders/${encodeURIComponent(id)}`);

  /** A call that must happen once: one key for all tries, so that a repeat after a lost answer is no second order. */
  private async once<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.call<T>('POST', path, body, headers);
      } catch (error) {
        const again = error instanceof NoAnswer || (error instanceof ApiError && error.problem.retryable);
        if (!again || tries === 3) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200 * tries));
      }
    }
  }

  private async call<T>(
    method: string,
    path: string,
    body?: unknown,
    extra: Record<string, string> = {},
  ): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json', ...extra };
    if (this.csrf) headers['X-Stom-Token'] = this.csrf;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(`/api/v1${path}`, {
        method,
        headers,
        credentials: 'same-origin',
        cache: 'no-store',
        signal: AbortSignal.timeout(10_000),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw new NoAnswer(String(error));
    }
    const text = await response.text();
    if (!response.ok) throw new ApiError(problemOf(response.status, text));
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

export function problemOf(status: number, text: string): Problem {
  let given: Partial<Problem> = {};
  try {
    given = JSON.parse(text) as Partial<Problem>;
  } catch {
    // not ours: a proxy's page, or nothing at all
  }
  return {
    status,
    code: given.code ?? `http_${status}`,
    title: given.title ?? `HTTP ${status}`,
    detail: given.detail ?? '',
    hint: given.hint ?? '',
    params: given.params ?? {},
    retryable: given.retryable ?? status === 503,
  };
}
