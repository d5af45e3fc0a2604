// Keeps who shares an event's royalties, agreed by every payee with a signature.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Tickets} from "./Tickets.sol";
import {Consent} from "./libraries/Consent.sol";
import {EventView} from "./libraries/EventRecord.sol";

/// @notice A payee has not signed this.
/// @param payee The payee.
error SplitsSignatureInvalid(address payee);

/// @notice Only the event's organiser, or a holder of ORGANISER_ROLE, may do this.
/// @param caller The caller.
/// @param eventId The event.
error SplitsNotOrganiser(address caller, uint256 eventId);

/// @notice What the first buyer was promised cannot be changed any more.
/// @param eventId The event.
error SplitsSaleStarted(uint256 eventId);

/// @notice A split has 1 to 32 payees, each with a share and, when locked, a signature.
/// @param payees The payees given.
/// @param shares The shares given.
/// @param signatures The signatures given.
error SplitsMalformed(uint256 payees, uint256 shares, uint256 signatures);

/// @notice The shares of a split add up to 10,000.
/// @param sum What they add up to.
error SplitsSumWrong(uint256 sum);

/// @notice The split was locked before.
/// @param eventId The event.
error SplitsLocked(uint256 eventId);

/// @notice These are not the event's payees as they are now.
/// @param eventId The event.
/// @param expected The hash of those.
/// @param given The hash of these.
error SplitsUnknown(uint256 eventId, bytes32 expected, bytes32 given);

/// @notice The split has no such share.
/// @param eventId The event.
/// @param index The share asked for.
error SplitsShareUnknown(uint256 eventId, uint256 index);

/// @notice The organiser can still lock a split, which is what payees redirect shares of.
/// @param eventId The event.
error SplitsOpen(uint256 eventId);

/// @notice A share needs a payee.
/// @param eventId The event.
/// @param index Whose share it is.
error SplitsPayeeZero(uint256 eventId, uint256 index);

/// @notice A share is redirected once a day: each time, whoever names the split must look again.
/// @param eventId The event.
/// @param index The share.
/// @param from From when on it can be, in seconds.
error SplitsRedirectTooEarly(uint256 eventId, uint256 index, uint256 from);

/// @notice Who gets how much of an event's royalties, in hundredths of a percent. The version
/// counts the redirections, so that what a payee signed before one says nothing afterwards.
struct Split {
  uint256 version;
  address[] payees;
  uint16[] shares;
}

/// @title Splits
/// @notice Only a split's hash is stored; whoever needs the payees brings them along. An event
/// whose organiser never locked a split has one payee: the receiver of its royalties.
contract Splits is EIP712 {
  /// @notice Whose events these are.
  Tickets public immutable TICKETS;

  uint256 private constant BPS = 10_000;
  uint256 private constant PAYEES_MAX = 32;
  /// @dev A payee who redirects again and again would stop the payouts of all others.
  uint256 private constant REDIRECT_EVERY = 1 days;
  bytes32 private constant ORGANISER_ROLE = keccak256("ORGANISER_ROLE");
  bytes32 private constant SPLIT_TYPEHASH = keccak256(
    "Split(uint256 eventId,address[] payees,uint16[] shares)"
  );
  bytes32 private constant REDIRECT_TYPEHASH = keccak256(
    "Redirect(uint256 eventId,uint256 version,uint256 index,address to)"
  );

  mapping(uint256 eventId => bytes32) private _hashes;
  mapping(uint256 eventId => mapping(uint256 index => uint256)) private _redirectFrom;

  /// @notice The payees of an event and their shares are fixed.
  /// @param eventId The event.
  /// @param payees Who is paid.
  /// @param shares How much each, in hundredths of a percent.
  event SplitLocked(uint256 indexed eventId, address[] payees, uint16[] shares);

  /// @notice A payee has its share paid to another account.
  /// @param eventId The event.
  /// @param index The share.
  /// @param from Whose it was.
  /// @param to Whose it is.
  /// @param version The split's version from now on.
  event ShareRedirected(
    uint256 indexed eventId,
    uint256 index,
    address indexed from,
    address indexed to,
    uint256 version
  );

  /// @notice Starts without splits.
  /// @param tickets Whose events these are.
  constructor(Tickets tickets) EIP712("Stagedoor Splits", "1") {
    TICKETS = tickets;
  }

  /// @notice Fixes an event's payees, before its first sale and once.
  /// @param eventId The event.
  /// @param payees Who is paid.
  /// @param shares How much each, in hundredths of a percent; together 10,000.
  /// @param signatures Each payee's, over Split(eventId,payees,shares) (EIP-712, ERC-1271).
  function lockSplit(
    uint256 eventId,
    address[] calldata payees,
    uint16[] calldata shares,
    bytes[] calldata signatures
  ) external {
    EventView memory terms = TICKETS.eventOf(eventId);
    if (msg.sender != terms.organiser && !TICKETS.hasRole(ORGANISER_ROLE, msg.sender)) {
      revert SplitsNotOrganiser(msg.sender, eventId);
    }
    if (_hashes[eventId] != 0) revert SplitsLocked(eventId);
    if (terms.saleStarted) revert SplitsSaleStarted(eventId);
    uint256 count = payees.length;
    if (count == 0 || count > PAYEES_MAX || shares.length != count || signatures.length != count) {
      revert SplitsMalformed(count, shares.length, signatures.length);
    }
    // a packed array has its elements padded to words, which is EIP-712's encoding
    bytes32 structHash = keccak256(
      abi.encode(
        SPLIT_TYPEHASH,
        eventId,
        keccak256(abi.encodePacked(payees)),
        keccak256(abi.encodePacked(shares))
      )
    );
    uint256 sum;
    for (uint256 i; i < count; ++i) {
      sum += shares[i];
      _requireSigned(payees[i], structHash, signatures[i]);
    }
    if (sum != BPS) revert SplitsSumWrong(sum);
    _hashes[eventId] = _hashSplit(Split(0, payees, shares));
    emit SplitLocked(eventId, payees, shares);
  }

  /// @notice Has one payee's share paid to another account from now on, once the payees are fixed:
  /// by lockSplit, or by the first sale. Once a day for each share.
  /// @param eventId The event.
  /// @param split The split as it is.
  /// @param index The share.
  /// @param to The account.
  /// @param signature The payee's, over Redirect(eventId,version,index,to) (EIP-712, ERC-1271).
  function redirectShare(
    uint256 eventId,
    Split calldata split,
    uint256 index,
    address to,
    bytes calldata signature
  ) external {
    bytes32 given = _hashSplit(split);
    bytes32 expected = splitHashOf(eventId);
    if (given != expected) revert SplitsUnknown(eventId, expected, given);
    if (index >= split.payees.length) revert SplitsShareUnknown(eventId, index);
    if (to == address(0)) revert SplitsPayeeZero(eventId, index);
    // a redirection counts as a split: before, it would take the organiser's only one away
    if (_hashes[eventId] == 0 && !TICKETS.eventOf(eventId).saleStarted) revert SplitsOpen(eventId);
    if (block.timestamp < _redirectFrom[eventId][index]) {
      revert SplitsRedirectTooEarly(eventId, index, _redirectFrom[eventId][index]);
    }
    _redirectFrom[eventId][index] = block.timestamp + REDIRECT_EVERY;
    address from = split.payees[index];
    bytes32 structHash = keccak256(
      abi.encode(REDIRECT_TYPEHASH, eventId, split.version, index, to)
    );
    _requireSigned(from, structHash, signature);
    Split memory next = split;
    next.payees[index] = to;
    ++next.version;
    _hashes[eventId] = _hashSplit(next);
    emit ShareRedirected(eventId, index, from, to, next.version);
  }

  /// @notice The hash of an event's split: keccak256 of its ABI encoding.
  /// @param eventId The event.
  /// @return hash What the hash of the present Split must be.
  function splitHashOf(uint256 eventId) public view returns (bytes32 hash) {
    hash = _hashes[eventId];
    if (hash != 0) return hash;
    address[] memory payees = new address[](1);
    uint16[] memory shares = new uint16[](1);
    (payees[0], shares[0]) = (TICKETS.eventOf(eventId).royaltyReceiver, uint16(BPS));
    return _hashSplit(Split(0, payees, shares));
  }

  function _requireSigned(
    address signer,
    bytes32 structHash,
    bytes calldata signature
  ) private view {
    if (!Consent.isSignedBy(signer, _hashTypedDataV4(structHash), signature)) {
      revert SplitsSignatureInvalid(signer);
    }
  }

  function _hashSplit(Split memory split) private pure returns (bytes32) {
    return keccak256(abi.encode(split));
  }
}
