import { useMemo } from "react";

import { useGallery } from "../../state/gallery";
import { useJobs } from "../../state/jobs";
import type { Artifact } from "../../wire/schema.gen";
import { sameDay } from "../parts/words";
import { sameShown, useChosen, type Shown } from "./chosen";
import { useFilters } from "./filters";

const DAY = 24 * 3600 * 1000;

/** The pictures that pass the filters, the newest first. */
export function usePictures(): readonly Artifact[] {
  const { workflow, node, since, jobs: named } = useFilters();
  const pictures = useGallery((gallery) => gallery.pictures);
  const jobs = useJobs((state) => state.jobs);
  return useMemo(
    () =>
      pictures.filter(
        (each) =>
          (workflow === null || named?.has(each.job) === true || jobs.get(each.job)?.name === workflow) &&
          (node === null || each.node === node) &&
          (since === null || isSince(each, since)),
      ),
    [pictures, jobs, named, workflow, node, since],
  );
}

/** The picture that is shown large, and the one that it is compared with; the newest where none was chosen. */
export function useShown(): readonly [Artifact | null, Artifact | null] {
  const { a, b } = useChosen();
  const all = useGallery((gallery) => gallery.pictures);
  const pictures = usePictures();
  const find = (shown: Shown | null) => (shown ? (all.find((each) => sameShown(each, shown)) ?? null) : null);
  return [find(a) ?? pictures[0] ?? null, find(b)];
}

function isSince({ created }: Artifact, since: "today" | "week"): boolean {
  if (created === null) return false;
  const at = new Date(created * 1000);
  return since === "today" ? sameDay(at, new Date()) : Date.now() - at.getTime() < 7 * DAY;
}
