export { useTrouble as useProblems } from "../../state/trouble";
