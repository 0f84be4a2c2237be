// A row of buttons of which one is pressed: what a table shows.
interface Props<T extends string> {
  readonly label: string;
  readonly options: readonly (readonly [T, string])[];
  readonly chosen: T;
  readonly choose: (option: T) => void;
}

export function Choices<T extends string>({ label, options, chosen, choose }: Props<T>) {
  return (
    <div className="choices" role="group" aria-label={label}>
      {options.map(([option, words]) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === chosen}
          onClick={() => choose(option)}
          data-choice={option}
        >
          {words}
        </button>
      ))}
    </div>
  );
}
