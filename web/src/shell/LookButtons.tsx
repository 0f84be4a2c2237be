// The other language and the other theme, a button each.
import { useApp, usePrefs, useT } from './app';

export function LookButtons() {
  const t = useT();
  const { prefs } = useApp();
  const { theme, language } = usePrefs();
  const [other, said] = language === 'ko' ? (['en', 'EN'] as const) : (['ko', '한'] as const);
  return (
    <>
      <button
        type="button"
        onClick={() => prefs.set({ language: other })}
        title={t('top.language')}
        aria-label={other === 'en' ? 'EN – English' : '한국어'}
        lang={other}
      >
        {said}
      </button>
      <button
        type="button"
        onClick={() => prefs.set({ theme: theme === 'dark' ? 'light' : 'dark' })}
        title={t('top.theme')}
        aria-label={t('top.theme')}
      >
        {theme === 'dark' ? '☾' : '☀'}
      </button>
    </>
  );
}
