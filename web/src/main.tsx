// Starts the page: takes the token out of the address before anything else runs, logs in with it, shows the screen.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App, AppContext } from './shell/app';
import { Fault } from './shell/Fault';
import { Root } from './shell/Root';
import { takeToken, tokenIn } from './shell/token';
import './styles/base.css';
import './styles/workspace.css';
import './styles/panels.css';

const app = new App();

async function enter(): Promise<void> {
  const token = takeToken();
  if (token) {
    try {
      await app.api.login(token);
    } catch {
      app.api.forget(); // an old link: the login screen says so
    }
  }
  if (app.api.hasCredential) app.stream.start();
  else app.live.setConnection({ link: 'login' });
}

// A new link pasted into the address bar of an open tab changes only what stands behind #.
window.addEventListener('hashchange', () => {
  if (tokenIn(location.hash)) void enter();
});
void enter();
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <AppContext value={app}>
        <Fault>
          <Root />
        </Fault>
      </AppContext>
    </StrictMode>,
  );
}
