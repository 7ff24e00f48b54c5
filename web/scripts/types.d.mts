export function typesOf(schema: object): Promise<string>;
