import { Command } from "cmdk";
import { Search } from "lucide-react";
import type { ReactNode } from "react";

import { Dialog } from "./Dialog";
import { useChosen } from "./useChosen";

interface Props {
  readonly label: string;
  readonly placeholder: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  /** What is listed, in order: each item has one of these as its value. */
  readonly listed: readonly string[];
  readonly onClose: () => void;
  readonly testId: string;
  readonly children: ReactNode;
}

/** A window in which one types, and chooses from a list that follows. */
export function Finder({ label, placeholder, text, onText, listed, onClose, testId, children }: Props) {
  const [value, setChosen] = useChosen(listed);
  const type = (next: string) => {
    onText(next);
    setChosen("");
  };
  return (
    <Dialog label={label} className="palette" onClose={onClose}>
      <Command
        label={label}
        shouldFilter={false}
        vimBindings={false}
        loop
        value={value}
        onValueChange={setChosen}
        data-testid={testId}
      >
        <div className="search-box">
          <Search className="icon" />
          <Command.Input autoFocus value={text} onValueChange={type} placeholder={placeholder} />
        </div>
        <Command.List className="hits" label={label}>
          {children}
        </Command.List>
      </Command>
    </Dialog>
  );
}

/** Says in the list why nothing is in it: a listbox has options only. */
export function Nothing({ children }: { readonly children: ReactNode }) {
  return (
    <p className="muted panel-hint" role="option" aria-disabled aria-selected={false}>
      {children}
    </p>
  );
}
