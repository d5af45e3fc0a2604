// Packs the five classes of an event's stock, each with its cap and what was minted of it.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice There are five classes: 0 public, 1 presale, 2 artist, 3 sponsor, 4 comp.
/// @param class The class asked for.
error TicketsClassUnknown(uint256 class);

/// @notice A mint would take more of a class than the event has.
/// @param eventId The event.
/// @param class The class.
/// @param cap The units of the class.
/// @param wanted The units that would have been minted.
error TicketsClassCapExceeded(uint256 eventId, uint256 class, uint256 cap, uint256 wanted);

/// @notice Only units that were not minted can be released to the public class.
/// @param eventId The event.
/// @param class The class.
/// @param free The units that are left of it.
/// @param wanted The units that would have been released.
error TicketsClassUnitsMinted(uint256 eventId, uint256 class, uint256 free, uint256 wanted);

/// @dev Class c has its cap at bits 48c to 48c + 23 and its minted units at 48c + 24 to 48c + 47.
type ClassCounts is uint256;

uint256 constant CLASSES = 5;

using {classOf, withMinted, withReleased, anyMinted} for ClassCounts global;

uint256 constant CLASS_BITS = 48;
uint256 constant MINTED_AT = 24;
uint256 constant UNITS_MASK = type(uint24).max;
/// @dev The minted units of all five classes.
uint256 constant ALL_MINTED_MASK = 0xffffff000000ffffff000000ffffff000000ffffff000000ffffff000000;

function packCaps(uint24[5] memory caps) pure returns (ClassCounts) {
  uint256 packed;
  for (uint256 class; class < CLASSES; ++class) {
    packed |= uint256(caps[class]) << (class * CLASS_BITS);
  }
  return ClassCounts.wrap(packed);
}

function classOf(ClassCounts counts, uint256 class) pure returns (uint256 cap, uint256 minted) {
  if (class >= CLASSES) revert TicketsClassUnknown(class);
  uint256 units = ClassCounts.unwrap(counts) >> (class * CLASS_BITS);
  return (units & UNITS_MASK, (units >> MINTED_AT) & UNITS_MASK);
}

/// @dev Counts `units` more of a class; the cap keeps the sum within its 24 bits.
function withMinted(
  ClassCounts counts,
  uint256 eventId,
  uint256 class,
  uint256 units
) pure returns (ClassCounts) {
  (uint256 cap, uint256 minted) = classOf(counts, class);
  if (minted + units > cap) revert TicketsClassCapExceeded(eventId, class, cap, minted + units);
  return ClassCounts.wrap(ClassCounts.unwrap(counts) + (units << (class * CLASS_BITS + MINTED_AT)));
}

/// @dev Moves free units of another class to the public one: the sum stays the same (I11).
function withReleased(
  ClassCounts counts,
  uint256 eventId,
  uint256 class,
  uint256 units
) pure returns (ClassCounts) {
  (uint256 cap, uint256 minted) = classOf(counts, class);
  if (class == 0) revert TicketsClassUnknown(class);
  if (units > cap - minted) revert TicketsClassUnitsMinted(eventId, class, cap - minted, units);
  (uint256 publicCap, ) = classOf(counts, 0);
  if (publicCap + units > UNITS_MASK) {
    revert TicketsClassCapExceeded(eventId, 0, UNITS_MASK, publicCap + units);
  }
  return ClassCounts.wrap(ClassCounts.unwrap(counts) + units - (units << (class * CLASS_BITS)));
}

/// @dev True from the first ticket on: what was promised to its buyer is fixed.
function anyMinted(ClassCounts counts) pure returns (bool) {
  return ClassCounts.unwrap(counts) & ALL_MINTED_MASK != 0;
}
