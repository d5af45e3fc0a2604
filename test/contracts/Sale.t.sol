// Gives, sells, admits, pauses and cancels at random, and predicts what each sale must do.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {EventBook} from "../../contracts/EventBook.sol";
import {TicketGate} from "../../contracts/TicketGate.sol";
import {TicketSale} from "../../contracts/TicketSale.sol";
import {Tickets} from "../../contracts/Tickets.sol";
import {Ask} from "../../contracts/libraries/Ask.sol";
import {Policy} from "../../contracts/libraries/EventHead.sol";
import {EventTerms} from "../../contracts/libraries/EventRecord.sol";
import {TicketView} from "../../contracts/libraries/TicketWord.sol";
import {HostilePayee} from "./mocks/Payees.sol";
import {deployTickets, termsOf} from "./mocks/TicketsSetup.sol";
import {VM} from "./mocks/Vm.sol";

/// @notice Holders are contracts that have signed everything, and this contract is the market: what
/// it may do is then up to the tickets contract alone. Event 1 + p has policy p; the card lock of
/// event 1 lasts a day. Every sale's success must be the one that is predicted here.
contract SaleModel {
  uint256 public constant EVENTS = 4;
  uint256 public constant SEATS = 2;
  uint256 private constant HOLDERS = 3;
  uint48 private constant FACE = 1_000;
  uint256 private constant CAP = (uint256(FACE) * 1 gwei * 11_000) / 10_000;
  uint256 private constant LOCK = 1 days;

  Tickets public immutable TICKETS = deployTickets(address(this));
  uint256 private immutable CREATED_AT = block.timestamp;
  uint256 private immutable DOORS_AT = block.timestamp + 8 days;
  HostilePayee[HOLDERS] public holders;

  mapping(uint256 id => address) private _owners;
  mapping(uint256 id => uint256) private _nonces;
  mapping(uint256 id => bool) private _isVoid;
  mapping(uint256 id => bool) public isUsed;
  mapping(uint256 eventId => bool) private _isCancelled;
  mapping(uint256 eventId => bool) private _isUnlisted;
  mapping(uint256 eventId => uint256) private _pausedUntil;
  mapping(uint256 eventId => uint256) private _pausedActions;
  Ask[] private _settled;
  address[] private _buyers;
  uint256 public sales;
  uint256 public refusals;

  constructor() {
    TICKETS.grantRole(TICKETS.GUARDIAN_ROLE(), address(this));
    for (uint256 i; i < HOLDERS; ++i) holders[i] = new HostilePayee();
    for (uint256 p; p < EVENTS; ++p) {
      EventTerms memory terms = termsOf(Policy(p), 2, uint40(DOORS_AT));
      if (p == 0) terms.lockMinutes = uint16(LOCK / 1 minutes);
      terms.organiser = address(holders[0]);
      TICKETS.createEvent(1 + p, terms);
      TICKETS.setMarket(1 + p, address(this), true);
      for (uint256 seat; seat < SEATS; ++seat) {
        uint256 id = idAt(p + EVENTS * seat);
        _owners[id] = address(holders[seat]);
        bytes memory runs = abi.encodePacked(_owners[id], uint40(id), uint8(1));
        TICKETS.mintRuns(1 + p, 0, FACE, runs);
      }
    }
  }

  function idAt(uint256 which) public pure returns (uint256) {
    which %= EVENTS * SEATS;
    return ((1 + (which % EVENTS)) << 40) | (1 << 24) | (1 << 12) | (which / EVENTS);
  }

  function wait_(uint256 seconds_) external {
    VM.warp(block.timestamp + (seconds_ % 1 days));
  }

  /// @dev One thing at a time is wrong with an ask, or none.
  function sell(uint256 which, uint256 to, uint256 price, uint256 wrong) external {
    Ask memory ask = _askFor(idAt(which), price);
    address buyer = address(holders[to % HOLDERS]);
    bool honest = true;
    wrong %= 12;
    if (wrong == 0) (ask.nonce, honest) = (ask.nonce + 1, false);
    if (wrong == 1) (ask.currency, honest) = (address(1), false);
    if (wrong == 2) (ask.deadline, honest) = (uint40(block.timestamp - 1), false);
    if (wrong == 3) (ask.feeBps, honest) = (501, false);
    if (wrong == 4) (ask.allowedBuyer, honest) = (address(this), false);
    if (wrong == 5) (ask.market, honest) = (address(1), false);
    if (wrong == 6) ask.price = CAP + (price % 2);
    _settle(ask, buyer, honest && _maySell(ask, buyer));
  }

  /// @dev An ask that was settled is worth nothing any more, wherever the ticket is.
  function sellAgain(uint256 which) external {
    if (_settled.length == 0) return;
    which %= _settled.length;
    _settle(_settled[which], _buyers[which], false);
  }

  function give(uint256 which, uint256 by, uint256 to) external {
    uint256 id = idAt(which);
    address caller = address(holders[by % HOLDERS]);
    address from = _owners[id];
    address receiver = address(holders[to % HOLDERS]);
    VM.prank(caller);
    (bool ok, ) = address(TICKETS).call(abi.encodeCall(IERC721.transferFrom, (from, receiver, id)));
    if (!ok) return;
    assert(caller == from);
    assert(!_isFrozen(id) && !_isPaused(id, 2));
    _moved(id, receiver);
  }

  function voidOne(uint256 which, uint256 dice) external {
    if (dice % 8 != 0) return;
    uint256[] memory ids = new uint256[](1);
    ids[0] = idAt(which);
    (bool ok, ) = address(TICKETS).call(abi.encodeCall(TicketGate.void, (ids)));
    assert(ok == (!_isVoid[ids[0]] && !isUsed[ids[0]]));
    if (ok) _isVoid[ids[0]] = true;
  }

  function checkIn(uint256 which) external {
    uint256 id = idAt(which);
    (bool ok, ) = address(TICKETS).call(abi.encodeCall(TicketGate.checkIn, (id)));
    bool isOpen = block.timestamp >= DOORS_AT - 6 hours;
    assert(ok == (isOpen && !_isVoid[id] && !isUsed[id]));
    if (ok) isUsed[id] = true;
  }

  function pause(uint256 eventId, uint8 actions) external {
    eventId = 1 + (eventId % EVENTS);
    actions %= 9;
    bool isRunning = _pausedActions[eventId] != 0 && block.timestamp < _pausedUntil[eventId];
    (bool ok, ) = address(TICKETS).call(abi.encodeCall(EventBook.pause, (eventId, actions)));
    assert(ok == (!isRunning && actions != 0 && actions < 8));
    if (!ok) return;
    (_pausedActions[eventId], _pausedUntil[eventId]) = (actions, block.timestamp + 72 hours);
  }

  function unlist(uint256 eventId, uint256 dice) external {
    if (dice % 16 != 0) return;
    TICKETS.setMarket(1 + (eventId % EVENTS), address(this), false);
    _isUnlisted[1 + (eventId % EVENTS)] = true;
  }

  function relist(uint256 eventId) external {
    bytes memory call = abi.encodeCall(
      EventBook.setMarket,
      (1 + (eventId % EVENTS), address(this), true)
    );
    (bool ok, ) = address(TICKETS).call(call);
    assert(!ok);
  }

  function cancel(uint256 eventId, uint256 dice) external {
    if (dice % 24 != 0) return;
    eventId = 1 + (eventId % EVENTS);
    if (_isCancelled[eventId] || block.timestamp >= DOORS_AT + 3 days) return;
    TICKETS.cancelEvent(eventId);
    _isCancelled[eventId] = true;
  }

  /// @dev Every ticket of every event is where it was sold or given, at the face it had.
  function check() external view {
    for (uint256 i; i < EVENTS * SEATS; ++i) {
      TicketView memory ticket = TICKETS.ticketOf(idAt(i));
      assert(ticket.owner == _owners[idAt(i)] && ticket.nonce == _nonces[idAt(i)]);
      assert(ticket.face == FACE && (ticket.flags & 4 != 0) == _isVoid[idAt(i)]);
      assert((ticket.flags & 1 != 0) == isUsed[idAt(i)]);
    }
  }

  function _settle(Ask memory ask, address buyer, bool allowed) private {
    bytes memory call = abi.encodeCall(TicketSale.settle, (ask, buyer, ""));
    (bool ok, bytes memory answer) = address(TICKETS).call(call);
    assert(ok == allowed);
    if (!ok) {
      ++refusals;
      return;
    }
    (address seller, uint16 royaltyBps) = abi.decode(answer, (address, uint16));
    assert(seller == _owners[ask.id] && royaltyBps == 1_000 && ask.price <= CAP);
    ++sales;
    _settled.push(ask);
    _buyers.push(buyer);
    _moved(ask.id, buyer);
  }

  function _moved(uint256 id, address to) private {
    _owners[id] = to;
    ++_nonces[id];
  }

  function _askFor(uint256 id, uint256 price) private view returns (Ask memory ask) {
    ask.id = id;
    ask.market = address(this);
    ask.price = price % (CAP + 1);
    ask.nonce = uint16(_nonces[id]);
    ask.deadline = uint40(block.timestamp);
    ask.feeBps = uint16(price % 501);
  }

  /// @dev What the events' rules say, in plain words.
  function _maySell(Ask memory ask, address buyer) private view returns (bool) {
    uint256 id = ask.id;
    if (_isUnlisted[id >> 40] || _isFrozen(id) || _isPaused(id, 4) || ask.price > CAP) return false;
    bool isLocked = id >> 40 == 1 && block.timestamp < CREATED_AT + LOCK;
    if (!isLocked && id >> 40 != 1 + uint256(Policy.FROZEN)) return true;
    return buyer == address(holders[0]) && ask.price <= uint256(FACE) * 1 gwei;
  }

  function _isFrozen(uint256 id) private view returns (bool) {
    if (isUsed[id]) return true;
    return _isVoid[id] || _isCancelled[id >> 40] || block.timestamp >= DOORS_AT - 2 hours;
  }

  function _isPaused(uint256 id, uint256 action) private view returns (bool) {
    return _pausedActions[id >> 40] & action != 0 && block.timestamp < _pausedUntil[id >> 40];
  }
}

contract SaleTest {
  SaleModel private model;

  function setUp() public {
    model = new SaleModel();
  }

  function targetContracts() public view returns (address[] memory targets) {
    targets = new address[](1);
    targets[0] = address(model);
  }

  function invariant_salesFollowTheRules() public view {
    model.check();
  }

  /// @dev The model means something only if sales pass, and fail for each reason.
  function test_model_sellsAndRefuses() public {
    model.sell(1, 1, 5, 11);
    assert(model.sales() == 1);
    model.sellAgain(0);
    for (uint256 wrong; wrong < 6; ++wrong) model.sell(1, 2, 5, wrong);
    model.sell(1, 2, 1, 6);
    assert(model.refusals() == 8);
    model.sell(1, 2, 0, 6);
    model.sell(0, 1, 5, 11);
    model.sell(0, 0, 5, 11);
    model.sell(3, 1, 5, 11);
    model.pause(2, 4);
    model.sell(2, 1, 5, 11);
    assert(model.sales() == 3 && model.refusals() == 11);
    model.checkIn(2);
    assert(!model.isUsed(model.idAt(2)));
    for (uint256 i; i < 15; ++i) model.wait_(12 hours);
    model.wait_(7 hours);
    model.checkIn(2);
    assert(model.isUsed(model.idAt(2)));
    // the gate is open and sales go on for four hours, but not of a used ticket
    model.sell(2, 2, 5, 11);
    assert(model.sales() == 3 && model.refusals() == 12);
    model.sell(1, 2, 5, 11);
    assert(model.sales() == 4);
    model.wait_(12 hours);
    model.sell(1, 0, 5, 11);
    assert(model.refusals() == 13);
    model.voidOne(2, 0);
    model.check();
  }
}
