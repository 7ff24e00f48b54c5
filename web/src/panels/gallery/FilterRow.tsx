import { ChevronDown, X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { loadGallery, useGallery } from "../../state/gallery";
import { useJobs } from "../../state/jobs";
import { useLibrary } from "../../state/library";
import { Menu } from "../parts/Menu";
import { filter, useFilters } from "./filters";

/** By workflow, node, day and kind of file; a chip that is set can be taken away. */
export function FilterRow() {
  const { t } = useTranslation();
  const { workflow, node, since } = useFilters();
  const { pictures, filter: asked } = useGallery();
  const jobs = useJobs((state) => state.jobs);
  const kept = useLibrary((library) => library.workflows);
  // the queue's list ends somewhere: what lies in the library may have older pictures
  const workflows = unique([
    ...pictures.flatMap((each) => jobs.get(each.job)?.name ?? []),
    ...(pictures.some((each) => !jobs.has(each.job)) ? kept.map((each) => each.title ?? each.name) : []),
  ]);
  const nodes = unique(pictures.map((each) => each.node));
  const pick = (label: string, onPick: () => void) => ({ label, onPick });
  return (
    <div className="filter-row" role="group" aria-label={t("galleryView.filters")}>
      <Filter
        value={workflow}
        any={t("galleryView.anyWorkflow")}
        items={workflows.map((each) => pick(each, () => filter({ workflow: each })))}
        onClear={() => filter({ workflow: null })}
      />
      <Filter
        value={node}
        any={t("galleryView.anyNode")}
        items={nodes.map((each) => pick(each, () => filter({ node: each })))}
        onClear={() => filter({ node: null })}
      />
      <Filter
        value={since === null ? null : t(`galleryView.${since}`)}
        any={t("galleryView.anyDay")}
        items={(["today", "week"] as const).map((each) =>
          pick(t(`galleryView.${each}`), () => filter({ since: each })),
        )}
        onClear={() => filter({ since: null })}
      />
      <Filter
        value={asked.mediaType === "image/*" ? null : t("galleryView.everyFile")}
        any={t("galleryView.onlyPictures")}
        items={[pick(t("galleryView.everyFile"), () => void loadGallery({ mediaType: null }))]}
        onClear={() => void loadGallery({ mediaType: "image/*" })}
      />
    </div>
  );
}

interface FilterProps {
  readonly value: string | null;
  readonly any: string;
  readonly items: readonly { readonly label: string; readonly onPick: () => void }[];
  readonly onClear: () => void;
}

function Filter({ value, any, items, onClear }: FilterProps) {
  const { t } = useTranslation();
  if (value !== null) {
    return (
      <button type="button" className="chip on" title={t("galleryView.clear", { name: value })} onClick={onClear}>
        <span className="clip">{value}</span> <X className="icon sm" />
      </button>
    );
  }
  return (
    <Menu label={any} className="chip" items={items} disabled={items.length === 0}>
      {any} <ChevronDown className="icon sm" />
    </Menu>
  );
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort((one, other) => one.localeCompare(other));
}
