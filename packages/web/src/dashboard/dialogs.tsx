// Questions before something is changed. A dialog of the browser keeps the keyboard in it, and Escape closes it.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { wordsOf } from "./hooks.ts";

export interface QuestionProps {
  readonly title: string;
  readonly text: string;
  /** Word of the button that does it. */
  readonly action: string;
  /** Asks for a number too. */
  readonly number?: { readonly label: string; readonly value: number };
  readonly onYes: (value: number) => Promise<void>;
  readonly onClose: () => void;
}

export function Question({ title, text, action, number, onYes, onClose }: QuestionProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [value, setValue] = useState(number?.value ?? 0);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const act = async () => {
    if (busy) return;
    setBusy(true);
    try {
      await onYes(value);
      onClose();
    } catch (error) {
      setProblem(wordsOf(error));
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-label={title} onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          void act();
        }}
      >
        <h2>{title}</h2>
        <p>{text}</p>
        {number !== undefined && (
          <label>
            {number.label}{" "}
            <input
              type="number"
              min="0"
              max="10000"
              required
              value={value}
              onInput={({ currentTarget }) => setValue(currentTarget.valueAsNumber)}
            />
          </label>
        )}
        {problem !== "" && <p role="alert">{problem}</p>}
        <div class="tools">
          {/* A button that is disabled would lose the focus. */}
          <button type="submit" aria-disabled={busy}>
            {action}
          </button>
          <button type="button" autofocus={number === undefined} onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
