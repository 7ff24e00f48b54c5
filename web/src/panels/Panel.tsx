import { Search } from "lucide-react";
import { useId, type ReactNode } from "react";

import { PaneHead } from "../widgets/PaneHead";

interface Props {
  readonly title: string;
  readonly search: {
    readonly label: string;
    readonly text: string;
    readonly onText: (text: string) => void;
    readonly onEnter?: () => void;
  };
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A panel that opens from the rail over the edge of the canvas. */
export function Panel({ title, search, onClose, children }: Props) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <PaneHead id={id} title={title} onClose={onClose} />
      <label className="input panel-search">
        <Search className="icon" />
        <input
          type="search"
          autoFocus
          aria-label={search.label}
          placeholder={search.label}
          value={search.text}
          onChange={(event) => search.onText(event.currentTarget.value)}
          onKeyDown={({ key }) => key === "Enter" && search.onEnter?.()}
        />
      </label>
      <div className="panel-body" tabIndex={0}>
        {children}
      </div>
    </section>
  );
}
