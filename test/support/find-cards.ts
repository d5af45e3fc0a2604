// Finds what looks like a card number in text, as whoever steals a database or a log would.

/** Visa, Mastercard and American Express, by how they begin and how long they are. */
const CARD_SHAPES = /\b(?:4\d{15}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13})\b/g;

export function findCards(text: string): string[] {
  return [...text.matchAll(CARD_SHAPES)].map(([digits]) => digits).filter(hasCheckDigit);
}

/** Luhn: one number in ten has it by chance, so lengths and beginnings are looked at as well. */
function hasCheckDigit(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
