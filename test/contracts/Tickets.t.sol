// Holds the contract to a model under random calls by holders and key holders.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {TicketGate} from "../../contracts/TicketGate.sol";
import {TicketMint} from "../../contracts/TicketMint.sol";
import {TicketSale} from "../../contracts/TicketSale.sol";
import {Tickets} from "../../contracts/Tickets.sol";
import {Policy} from "../../contracts/libraries/EventHead.sol";
import {ACTORS, CAP, actorAt, deployTickets, termsOf} from "./mocks/TicketsSetup.sol";
import {VM} from "./mocks/Vm.sol";

/// @notice Predicts, in plain storage and without packing, what every call must do. Random calls go
/// to the contract and to the model; each call's success must be the one that the model predicts,
/// and afterwards both must tell the same of every ticket. Event 1 + p has policy p.
contract TicketsModel {
  struct Ticket {
    address owner;
    address approved;
    uint256 face;
    uint256 nonce;
    uint256 gifts;
    bool used;
    bool isVoid;
    uint256 since;
  }

  uint256 public constant EVENTS = 4;
  uint256 public constant SEATS = 2;
  uint256 public constant ISSUES = 2;
  uint8 private constant MAX_GIFTS = 2;
  uint256 private constant TICKETS_COUNT = EVENTS * SEATS * ISSUES;

  Tickets public immutable TICKETS = deployTickets(address(this));
  uint256 private immutable CREATED_AT = block.timestamp;
  uint256 private immutable DOORS_AT = block.timestamp + 8 days;

  mapping(uint256 id => Ticket) private _tickets;
  mapping(address owner => mapping(address operator => bool)) private _operators;
  mapping(uint256 eventId => uint256) public units;
  mapping(uint256 eventId => mapping(uint256 day => uint256)) private _voids;
  uint256 private _calls;
  mapping(bytes4 method => uint256) public done;
  mapping(bytes4 method => uint256) public refused;

  constructor() {
    for (uint256 p; p < EVENTS; ++p) {
      TICKETS.createEvent(1 + p, termsOf(Policy(p), MAX_GIFTS, uint40(DOORS_AT)));
      for (uint256 seat; seat < SEATS; ++seat) mint(p + EVENTS * seat, 0, seat, 5);
    }
  }

  /// @dev A run of 200 calls waits about 20 times, half a day each: it sees the sale for a while,
  /// then the freeze, the gate and the doors.
  function wait_(uint256 seconds_) external {
    VM.warp(block.timestamp + (seconds_ % 1 days));
  }

  function mint(uint256 which, uint256 issue, uint256 to, uint48 price) public {
    uint256 id = idAt(which) | ((issue % ISSUES) << 36);
    bool fits = !exists(id) && (id & (15 << 36) == 0 || _tickets[id - (1 << 36)].isVoid);
    bytes memory runs = abi.encodePacked(actorAt(to), uint40(id), uint8(1));
    bytes memory data = abi.encodeCall(TicketMint.mintRuns, (id >> 40, 0, price, runs));
    if (!_call(address(this), data, fits)) return;
    _tickets[id].owner = actorAt(to);
    _tickets[id].face = price;
    _tickets[id].since = (block.timestamp - CREATED_AT) / 60;
    if (id & (15 << 36) == 0) ++units[id >> 40];
  }

  function transfer(uint256 by, uint256 which, uint256 from, uint256 to) external {
    uint256 id = idAt(which);
    Ticket storage ticket = _tickets[id];
    address sender = from % 4 == 0 ? actorAt(from) : ticket.owner;
    address caller = by % 3 == 0 || ticket.owner == address(0) ? actorAt(by) : ticket.owner;
    bytes memory data = abi.encodeCall(IERC721.transferFrom, (sender, actorAt(to), id));
    if (!_call(caller, data, _mayMove(id, caller, sender))) return;
    ticket.owner = actorAt(to);
    ticket.approved = address(0);
    ++ticket.nonce;
    if (ticket.gifts < 15) ++ticket.gifts;
  }

  function approve(uint256 which, uint256 to) external {
    uint256 id = idAt(which);
    address owner = _tickets[id].owner;
    if (owner == address(0)) return;
    _call(owner, abi.encodeCall(IERC721.approve, (actorAt(to), id)), true);
    _tickets[id].approved = actorAt(to);
  }

  function approveAll(uint256 by, uint256 to, bool approved) external {
    bytes memory data = abi.encodeCall(IERC721.setApprovalForAll, (actorAt(to), approved));
    _call(actorAt(by), data, true);
    _operators[actorAt(by)][actorAt(to)] = approved;
  }

  function cancel(uint256 by, uint256 which) external {
    uint256 id = idAt(which);
    bool allowed = actorAt(by) == _tickets[id].owner;
    if (_call(actorAt(by), abi.encodeCall(Tickets.cancel, (id)), allowed)) ++_tickets[id].nonce;
  }

  function checkIn(uint256 which) external {
    uint256 id = idAt(which);
    Ticket storage ticket = _tickets[id];
    bool allowed = exists(id) && !ticket.used && !ticket.isVoid && _gateIsOpen();
    if (_call(address(this), abi.encodeCall(TicketGate.checkIn, (id)), allowed)) ticket.used = true;
  }

  function checkInTwo(uint256 which, uint256 other) external {
    uint256[] memory ids = new uint256[](2);
    (ids[0], ids[1]) = (idAt(which), idAt(other));
    bool allowed = true;
    for (uint256 i; i < 2; ++i) {
      Ticket storage ticket = _tickets[ids[i]];
      bool isSpent = ticket.isVoid || ticket.used;
      allowed = allowed && exists(ids[i]) && (isSpent || _gateIsOpen());
    }
    if (!_call(address(this), abi.encodeCall(TicketGate.checkInMany, (ids)), allowed)) return;
    for (uint256 i; i < 2; ++i) {
      if (!_tickets[ids[i]].isVoid) _tickets[ids[i]].used = true;
    }
  }

  function voidOne(uint256 which) external {
    uint256 id = idAt(which);
    uint256[] memory ids = new uint256[](1);
    ids[0] = id;
    Ticket storage ticket = _tickets[id];
    uint256 today = block.timestamp / 1 days;
    bool allowed = exists(id) && !ticket.used && !ticket.isVoid && _voids[id >> 40][today] < 50;
    if (!_call(address(this), abi.encodeCall(TicketGate.void, (ids)), allowed)) return;
    ticket.isVoid = true;
    ++_voids[id >> 40][today];
  }

  /// @dev Every ticket reads as the model has it (I1, and invariants on nonce, gifts, USED, VOID).
  function check() external view {
    uint256[ACTORS] memory balances;
    for (uint256 i; i < TICKETS_COUNT; ++i) {
      uint256 id = idAt(i);
      _checkViews(id);
      if (!exists(id)) continue;
      _checkTicket(id);
      ++balances[uint160(_tickets[id].owner) - uint160(actorAt(0))];
    }
    _checkUri(idAt(_calls));
    for (uint256 i; i < ACTORS; ++i) assert(TICKETS.balanceOf(actorAt(i)) == balances[i]);
    for (uint256 eventId = 1; eventId <= EVENTS; ++eventId) {
      (uint256 cap, uint256 minted) = TICKETS.classOf(eventId, 0);
      assert(cap == CAP && minted == units[eventId]);
      for (uint256 seat; seat < SEATS; ++seat) assert(_valid(eventId, seat) <= 1);
    }
  }

  function exists(uint256 id) public view returns (bool) {
    return _tickets[id].owner != address(0);
  }

  function idAt(uint256 which) public pure returns (uint256) {
    which %= TICKETS_COUNT;
    uint256 eventId = 1 + (which % EVENTS);
    uint256 seat = (which / EVENTS) % SEATS;
    return (eventId << 40) | ((which / EVENTS / SEATS) << 36) | (1 << 24) | (1 << 12) | seat;
  }

  function _call(address caller, bytes memory data, bool allowed) private returns (bool ok) {
    if (caller != address(this)) VM.prank(caller);
    (ok, ) = address(TICKETS).call(data);
    assert(ok == allowed);
    ++_calls;
    if (ok) ++done[bytes4(data)];
    else ++refused[bytes4(data)];
  }

  function _mayMove(uint256 id, address caller, address from) private view returns (bool) {
    Ticket storage ticket = _tickets[id];
    bool byOwner = caller == ticket.owner;
    if (!exists(id) || from != ticket.owner || ticket.used || ticket.isVoid) return false;
    if (!byOwner && !_operators[from][caller] && ticket.approved != caller) return false;
    if (block.timestamp >= DOORS_AT - 2 hours) return false;
    Policy policy = Policy((id >> 40) - 1);
    if (policy == Policy.OPEN) return true;
    if (policy == Policy.FROZEN || !byOwner) return false;
    return ticket.gifts < MAX_GIFTS;
  }

  function _gateIsOpen() private view returns (bool) {
    return block.timestamp >= DOORS_AT - 6 hours;
  }

  function _checkTicket(uint256 id) private view {
    Ticket storage ticket = _tickets[id];
    (bool ok, bytes memory answer) = address(TICKETS).staticcall(
      abi.encodeCall(Tickets.ticketOf, (id))
    );
    assert(ok);
    uint256[6] memory seen = abi.decode(answer, (uint256[6]));
    assert(seen[0] == uint160(ticket.owner) && seen[1] == ticket.face);
    assert(seen[2] == ticket.nonce && seen[3] == ticket.gifts && seen[5] == ticket.since);
    uint256 flags = (ticket.used ? 1 : 0) | (ticket.isVoid ? 4 : 0) | (ticket.face != 0 ? 32 : 0);
    assert(seen[4] & ~uint256(2) == flags);
    assert(TICKETS.getApproved(id) == ticket.approved);
    bool transferable = TICKETS.isTransferable(id, ticket.owner, actorAt(0));
    assert(transferable == _mayMove(id, ticket.owner, ticket.owner));
  }

  /// @dev Views answer for every ticket that was minted, and refuse all others.
  function _checkViews(uint256 id) private view {
    bytes[5] memory views = [
      abi.encodeCall(IERC721.ownerOf, (id)),
      abi.encodeCall(IERC721.getApproved, (id)),
      abi.encodeCall(TicketSale.nonce, (id)),
      abi.encodeCall(TicketSale.nonces, (id)),
      abi.encodeCall(Tickets.locked, (id))
    ];
    for (uint256 i; i < views.length; ++i) {
      (bool ok, ) = address(TICKETS).staticcall(views[i]);
      assert(ok == exists(id));
    }
  }

  /// @dev A picture costs more than all the rest of a look, so each look is at one, in turn.
  function _checkUri(uint256 id) private view {
    (bool ok, ) = address(TICKETS).staticcall(abi.encodeCall(Tickets.tokenURI, (id)));
    assert(ok == exists(id));
  }

  function _valid(uint256 eventId, uint256 seat) private view returns (uint256 count) {
    for (uint256 issue; issue < ISSUES; ++issue) {
      uint256 id = (eventId << 40) | (issue << 36) | (1 << 24) | (1 << 12) | seat;
      if (exists(id) && !_tickets[id].isVoid) ++count;
    }
  }
}

contract TicketsTest {
  TicketsModel private model;

  function setUp() public {
    model = new TicketsModel();
  }

  function targetContracts() public view returns (address[] memory targets) {
    targets = new address[](1);
    targets[0] = address(model);
  }

  function invariant_ticketsFollowTheModel() public view {
    model.check();
  }

  /// @dev The model means something only if its calls succeed, and fail.
  function test_model_reachesEveryState() public {
    model.mint(0, 0, 0, 5);
    model.transfer(1, 0, 1, 1);
    model.approve(0, 2);
    model.approveAll(1, 2, true);
    model.transfer(6, 0, 1, 0);
    model.cancel(0, 0);
    model.cancel(1, 0);
    model.checkIn(0);
    model.voidOne(0);
    model.mint(0, 1, 0, 5);
    for (uint256 i; i < 8; ++i) model.wait_(1 days - 1);
    model.checkInTwo(4, 4);
    model.check();
    requireDone(TicketMint.mintRuns.selector, 9, 1);
    requireDone(IERC721.transferFrom.selector, 2, 0);
    requireDone(Tickets.cancel.selector, 1, 1);
    requireDone(TicketGate.void.selector, 1, 0);
    requireDone(TicketGate.checkIn.selector, 0, 1);
    requireDone(TicketGate.checkInMany.selector, 1, 0);
  }

  function requireDone(bytes4 method, uint256 done, uint256 refused) private view {
    assert(model.done(method) == done && model.refused(method) == refused);
  }
}
