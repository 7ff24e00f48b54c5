import { X } from "lucide-react";
import { useEffect, useRef, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { activate, isUnsaved, useDocuments, type OpenDocument } from "../../state/documents";
import { goTo, usePlace } from "../../state/place";
import { closeTab, titleOf } from "./openTabs";

/** The open workflows; a dot marks those whose last change is not in the library. */
export function Tabs() {
  const { t } = useTranslation();
  const { open, active } = useDocuments();
  return (
    <nav className="tabs" aria-label={t("openWorkflows")} onKeyDown={walk}>
      {open.map((each) => (
        <Tab key={each.id} document={each} on={each.id === active} />
      ))}
    </nav>
  );
}

function Tab({ document, on }: { readonly document: OpenDocument; readonly on: boolean }) {
  const { t } = useTranslation();
  const tab = useRef<HTMLDivElement>(null);
  const view = usePlace((place) => place.view);
  const name = titleOf(document);
  useEffect(() => {
    if (!on) return;
    // with the next frame, which lays the page out anyway
    const frame = requestAnimationFrame(() => tab.current?.scrollIntoView({ inline: "nearest", block: "nearest" }));
    return () => cancelAnimationFrame(frame);
  }, [on]);
  return (
    <div
      ref={tab}
      className={`tab${on ? " on" : ""}`}
      data-document={document.id}
      onAuxClick={(event) => event.button === 1 && closeTab(document.id)}
    >
      <button
        type="button"
        className="clip"
        title={document.name ?? name}
        aria-current={on ? "page" : undefined}
        onClick={() => {
          activate(document.id);
          if (view === "gallery") goTo({ view: "graph" });
        }}
      >
        {name}
      </button>
      {isUnsaved(document) && <i className="dot" role="img" aria-label={t("notSaved")} title={t("notSaved")} />}
      <button
        type="button"
        className="tab-close"
        aria-label={t("closeTab", { name })}
        title={t("closeTab", { name })}
        onClick={() => closeTab(document.id)}
      >
        <X className="icon sm" />
      </button>
    </div>
  );
}

function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>(".tab > .clip")];
  const at = tabs.indexOf(window.document.activeElement as HTMLElement);
  if (step === undefined || at < 0) return;
  event.preventDefault();
  tabs.at((at + step) % tabs.length)?.focus();
}
