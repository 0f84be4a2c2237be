// The sound of an alert: one tone, of a critical one three. Made here, so that nothing is loaded. A browser lets a page
// sound only once somebody has clicked or typed in it; before that there is silence, and no error.
import type { AlertSeverity } from '../wire/types';

const kTone = 660;
const kCriticalTone = 880;
const kLength = 0.16; // seconds
const kPause = 0.1;
const kVolume = 0.2;

export class Bell {
  private audio: AudioContext | null = null;

  ring(severity: AlertSeverity): void {
    if (typeof AudioContext === 'undefined') return;
    this.audio ??= new AudioContext();
    const audio = this.audio;
    if (audio.state === 'suspended') void audio.resume().catch(() => {});
    const times = severity === 'critical' ? 3 : 1;
    for (let i = 0; i < times; i += 1) {
      const begin = audio.currentTime + i * (kLength + kPause);
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = severity === 'critical' ? kCriticalTone : kTone;
      // A tone that begins or ends at once clicks.
      volume.gain.setValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(kVolume, begin + 0.02);
      volume.gain.linearRampToValueAtTime(0, begin + kLength);
      tone.connect(volume).connect(audio.destination);
      tone.start(begin);
      tone.stop(begin + kLength);
    }
  }
}
