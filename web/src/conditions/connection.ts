// The language server of condition texts over a socket of its own: one client for each connection, since a new server
// knows nothing of what the last one was told. Owns the socket and its timer.
import {
  hoverTooltips,
  LSPClient,
  serverDiagnostics,
  signatureHelp,
  type Transport,
} from '@codemirror/lsp-client';
import { type Api, ApiError } from '../net/api';
import { backoffMs } from '../net/sequence';
import type { Language } from '../state/prefs';
import { onlyText } from './sanitize';

const kProtocol = 'stom.v1';
const kPath = '/api/v1/conditions/language';
const kTooBig = 1009;

export type LinkState = 'connecting' | 'open' | 'lost' | 'too_big';

export class LanguageConnection {
  private socket: WebSocket | null = null;
  private timer = 0;
  private tries = 0;
  private stopped = false;

  constructor(
    private readonly api: Api,
    private readonly language: Language,
    private readonly onChange: (link: LinkState, client: LSPClient | null) => void,
    private readonly onLogin: () => void,
  ) {
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close(1000);
  }

  private async connect(): Promise<void> {
    try {
      const { ticket } = await this.api.wsTicket();
      if (!this.stopped) this.open(ticket);
    } catch (error) {
      if (this.stopped) return;
      if (error instanceof ApiError && error.problem.status === 401) this.onLogin();
      else this.retry('lost');
    }
  }

  private open(ticket: string): void {
    const socket = new WebSocket(`ws://${location.host}${kPath}`, [kProtocol, `ticket.${ticket}`]);
    this.socket = socket;
    socket.onopen = () => {
      const client = clientFor(this.language).connect(transportOver(socket));
      client.initializing.then(
        () => {
          this.tries = 0;
          if (!this.stopped && this.socket === socket) this.onChange('open', client);
        },
        () => socket.close(4000),
      );
    };
    socket.onclose = ({ code }) => {
      if (this.socket !== socket || this.stopped) return;
      this.socket = null;
      this.retry(code === kTooBig ? 'too_big' : 'lost');
    };
  }

  private retry(why: LinkState): void {
    this.tries += 1;
    this.onChange(why, null);
    this.timer = window.setTimeout(() => void this.connect(), backoffMs(this.tries, Math.random()));
  }
}

function clientFor(language: Language): LSPClient {
  return new LSPClient({
    initializationOptions: { locale: language },
    sanitizeHTML: onlyText,
    extensions: [serverDiagnostics(), hoverTooltips({ hoverTime: 250 }), signatureHelp()],
  });
}

function transportOver(socket: WebSocket): Transport {
  const handlers = new Map<(value: string) => void, (event: MessageEvent<string>) => void>();
  return {
    // What is said to a connection that ended is of no use to anyone; onclose says that it did.
    send: (message) => socket.readyState === WebSocket.OPEN && socket.send(message),
    subscribe(handler) {
      const listener = (event: MessageEvent<string>) => handler(event.data);
      handlers.set(handler, listener);
      socket.addEventListener('message', listener);
    },
    unsubscribe(handler) {
      const listener = handlers.get(handler);
      if (listener) socket.removeEventListener('message', listener);
      handlers.delete(handler);
    },
  };
}
