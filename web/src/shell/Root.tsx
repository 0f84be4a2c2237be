// Login or workspace; theme and language on <html>, so that CSS and screen readers know them.
import { lazy, Suspense, useEffect } from 'react';
import { panelOfPath } from './alone';
import { useLive, usePrefs } from './app';
import { Login } from './Login';
import { AlonePanel, Workspace } from './Workspace';

const ConditionsPage = lazy(() => import('../conditions/ConditionsPage'));
const kConditionsPath = '/conditions';

export function Root() {
  const { theme, language } = usePrefs();
  const login = useLive((state) => state.connection.link === 'login');
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    document.documentElement.lang = language;
  }, [theme, language]);
  const panel = panelOfPath(location.pathname);
  if (login) return <Login />;
  if (location.pathname === kConditionsPath)
    return (
      <Suspense fallback={<main aria-busy="true" />}>
        <ConditionsPage />
      </Suspense>
    );
  return panel ? <AlonePanel panel={panel} /> : <Workspace />;
}
