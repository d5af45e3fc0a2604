// What a browser's storage is to those who use it, whichever it is.

export interface Memory {
  read(key: string): string | null;
  write(key: string, value: string): void;
  forget(key: string): void;
}
