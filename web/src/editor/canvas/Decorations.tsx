import { ViewportPortal } from "@xyflow/react";
import { useTranslation } from "react-i18next";

import { graphAt } from "../../graph/document/graphs";
import type { Group, Note, Reroute } from "../../graph/document/model";
import { changeGroup, changeNote } from "../../graph/edit/decorate";
import { edit, scopeOf } from "../../state/documents";
import { useActive, useStage } from "../../state/stage";
import { socketClass } from "../../widgets/socket";
import { useSession } from "../session";
import { EditText } from "./EditText";

/** Groups behind the nodes, notes beside them, and the bends of links. */
export function Decorations() {
  const document = useActive();
  if (!document) return null;
  const graph = graphAt(document.history.present, scopeOf(document));
  const { groups, notes, reroutes } = document.selection;
  return (
    <ViewportPortal>
      <div className="groups">
        {[...graph.groups].map(([name, group]) => (
          <GroupFrame key={name} name={name} group={group} selected={groups.has(name)} />
        ))}
      </div>
      {[...graph.notes].map(([name, note]) => (
        <NoteCard key={name} name={name} note={note} selected={notes.has(name)} />
      ))}
      {[...graph.reroutes].map(([name, reroute]) => (
        <Bend key={name} name={name} reroute={reroute} selected={reroutes.has(name)} />
      ))}
    </ViewportPortal>
  );
}

interface GroupProps {
  readonly name: string;
  readonly group: Group;
  readonly selected: boolean;
}

function GroupFrame({ name, group, selected }: GroupProps) {
  const { t } = useTranslation();
  const { title, x, y, width, height, color } = group;
  const editing = useSession((session) => session.editing?.kind === "group" && session.editing.name === name);
  return (
    <section
      className={`group${selected ? " is-selected" : ""}${color === null ? "" : " tinted"}`}
      style={{ left: x, top: y, width, height, ["--tint" as string]: color ?? undefined }}
      data-testid={`group-${name}`}
      aria-label={title}
    >
      <header data-group={name}>
        {editing ? (
          <EditText
            label={t("node.groupTitle")}
            text={title}
            onDone={(text) => edit("rename", (workflow, scope) => changeGroup(workflow, scope, name, { title: text }))}
          />
        ) : (
          <span>{title}</span>
        )}
      </header>
      <i className="resize" data-group={name} data-corner />
    </section>
  );
}

interface NoteProps {
  readonly name: string;
  readonly note: Note;
  readonly selected: boolean;
}

function NoteCard({ name, note, selected }: NoteProps) {
  const { t } = useTranslation();
  const { text, x, y, width, height, color } = note;
  const editing = useSession((session) => session.editing?.kind === "note" && session.editing.name === name);
  return (
    <div
      className={`note${selected ? " is-selected" : ""}${color === null ? "" : " tinted"}`}
      style={{ left: x, top: y, width, height, ["--tint" as string]: color ?? undefined }}
      data-note={name}
      data-testid={`note-${name}`}
      role="note"
    >
      {editing ? (
        <EditText
          label={t("node.noteText")}
          text={text}
          multiline
          onDone={(next) => edit("note", (workflow, scope) => changeNote(workflow, scope, name, { text: next }))}
        />
      ) : (
        <p>{text}</p>
      )}
      <i className="resize" data-note={name} data-corner />
    </div>
  );
}

interface BendProps {
  readonly name: string;
  readonly reroute: Reroute;
  readonly selected: boolean;
}

function Bend({ name, reroute, selected }: BendProps) {
  const { node, output } = reroute.from;
  const type = useStage(
    ({ scene }) => scene.nodes.get(node)?.signature.outputs.find((each) => each.name === output)?.type ?? "*",
  );
  return (
    <i
      className={`bend ${socketClass(type)}${selected ? " is-selected" : ""}`}
      style={{ left: reroute.x, top: reroute.y }}
      data-reroute={name}
      data-testid={`reroute-${name}`}
    />
  );
}
