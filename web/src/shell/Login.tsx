// Shown without a valid login: at the first visit without the printed link, and after the server was started anew.
import { type FormEvent, useState } from 'react';
import { useApp, useT } from './app';
import { tokenIn } from './token';

export function Login() {
  const app = useApp();
  const t = useT();
  const [text, setText] = useState('');
  const [fault, setFault] = useState<'malformed' | 'refused' | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const token = tokenIn(text);
    if (!token) return setFault('malformed');
    try {
      await app.api.login(token);
      app.stream.start();
    } catch {
      setFault('refused');
    }
  };

  return (
    <main className="login">
      <form onSubmit={submit}>
        <h1>
          <Logo /> STOM
        </h1>
        <p>{t('login.why')}</p>
        <ol>
          <li>{t('login.step1')}</li>
          <li>{t('login.step2')}</li>
        </ol>
        <label htmlFor="token">{t('login.label')}</label>
        <input
          id="token"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-describedby={fault ? 'login-fault' : undefined}
          placeholder="http://127.0.0.1:8765/#token=…"
        />
        {fault && (
          <p className="fault" id="login-fault" role="alert">
            {t(`login.${fault}`)}
          </p>
        )}
        <button type="submit" className="primary">
          {t('login.enter')}
        </button>
      </form>
    </main>
  );
}

export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M4 4v12M10 6v9M16 2v12" stroke="currentColor" strokeWidth="1.2" />
      <rect x="2.2" y="7" width="3.6" height="6" rx=".6" className="up" />
      <rect x="8.2" y="8.5" width="3.6" height="4" rx=".6" className="down" />
      <rect x="14.2" y="4.5" width="3.6" height="6.5" rx=".6" className="up" />
    </svg>
  );
}
