import { expect, it } from 'vitest';
import { panelOfPath } from './alone';

it('a panel’s own address shows that panel, any other the whole screen', () => {
  expect(panelOfPath('/w/chart')).toBe('chart');
  expect(panelOfPath('/w/lower')).toBe('lower');
  expect(panelOfPath('/')).toBeNull();
  expect(panelOfPath('/w/secrets')).toBeNull();
  expect(panelOfPath('/w/chart/more')).toBeNull();
});
