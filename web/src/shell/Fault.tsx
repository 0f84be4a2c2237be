// A fault of the page itself: said plainly, with what to do, in place of an empty window. The engine does not notice.
import { Component, type ReactNode } from 'react';
import { translator } from '../i18n/translate';
import { type App, AppContext } from './app';

export class Fault extends Component<{ children: ReactNode }, { message: string | null }> {
  static override contextType = AppContext;
  override state = { message: null };

  static getDerivedStateFromError(error: unknown) {
    return { message: error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error) };
  }

  override render() {
    if (this.state.message === null) return this.props.children;
    const app = this.context as App | null;
    const t = translator(app?.prefs.state().language ?? 'en');
    return (
      <main className="login">
        <form>
          <h1>{t('fault.title')}</h1>
          <p>{t('fault.what')}</p>
          <pre className="scroller">{this.state.message}</pre>
          <button type="button" className="primary" onClick={() => location.reload()}>
            {t('fault.reload')}
          </button>
        </form>
      </main>
    );
  }
}
