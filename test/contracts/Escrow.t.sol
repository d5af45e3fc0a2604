// Sells, returns, cancels, refunds and pays out at random, and counts all money of two events.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BoxOffice} from "../../contracts/BoxOffice.sol";
import {Credits} from "../../contracts/Credits.sol";
import {Escrow} from "../../contracts/Escrow.sol";
import {EventBook} from "../../contracts/EventBook.sol";
import {TicketGate} from "../../contracts/TicketGate.sol";
import {TicketMint} from "../../contracts/TicketMint.sol";
import {TicketSale} from "../../contracts/TicketSale.sol";
import {Tickets} from "../../contracts/Tickets.sol";
import {Ask} from "../../contracts/libraries/Ask.sol";
import {Policy} from "../../contracts/libraries/EventHead.sol";
import {EventTerms} from "../../contracts/libraries/EventRecord.sol";
import {TicketView} from "../../contracts/libraries/TicketWord.sol";
import {Voucher} from "../../contracts/libraries/Voucher.sol";
import {HostilePayee} from "./mocks/Payees.sol";
import {TestToken} from "./mocks/TestToken.sol";
import {deployTickets, termsOf} from "./mocks/TicketsSetup.sol";
import {VM} from "./mocks/Vm.sol";

/// @notice Holders, organisers and the server are contracts that sign everything, and that take
/// money only in a good mood, or when the token lets them. Events 1 and 2 have an organiser each;
/// this contract is their market, holds the keys and pays.
contract EscrowHandler {
  uint8 private constant USED = 1;
  uint8 private constant VOID = 4;
  uint8 private constant FUNDED = 8;
  uint8 private constant CARD_RESOLD = 16 | 32;
  uint256 private constant EVENTS = 2;
  uint256 private constant SEATS = 4;
  uint256 private constant ISSUES = 2;
  uint256 private constant PAYEES = 4;
  uint48 private constant PRICE = 1_000_003;

  Tickets public immutable TICKETS = deployTickets(address(this));
  BoxOffice public immutable OFFICE = new BoxOffice(TICKETS);
  /// @dev 0 for the native coin.
  TestToken public immutable TOKEN;
  uint256 private immutable FACE;
  HostilePayee[PAYEES] public payees;
  uint256[EVENTS] private _deposited;
  uint256[EVENTS] private _released;
  uint256[EVENTS] private _refunded;
  uint256[EVENTS] private _funded;
  uint256[EVENTS] private _reclaimed;
  uint256[EVENTS] private _refundedOfFunds;
  uint256 public paidIn;
  mapping(uint256 id => bool) private _isRefunded;
  mapping(bytes4 method => uint256) public done;

  constructor(TestToken token) payable {
    TOKEN = token;
    bool isNative = address(token) == address(0);
    FACE = uint256(PRICE) * (isNative ? 1 gwei : 10_000);
    if (!isNative) {
      token.mint(address(this), 1e24);
      token.approve(address(OFFICE), 1e24);
    }
    for (uint256 i; i < PAYEES; ++i) payees[i] = new HostilePayee();
    TICKETS.grantRole(TICKETS.VOUCHER_ROLE(), address(payees[0]));
    for (uint256 i; i < EVENTS; ++i) {
      EventTerms memory terms = termsOf(Policy.OPEN, 0, uint40(block.timestamp + 8 days));
      terms.boxOffice = address(OFFICE);
      terms.currency = address(token);
      terms.organiser = address(payees[1 + i]);
      TICKETS.createEvent(1 + i, terms);
      TICKETS.setMarket(1 + i, address(this), true);
    }
  }

  function idOf(uint256 which) public pure returns (uint256) {
    uint256 seat = (which / EVENTS) % SEATS;
    uint256 issue = (which / EVENTS / SEATS) % ISSUES;
    return ((1 + (which % EVENTS)) << 40) | (issue << 36) | (1 << 24) | (1 << 12) | seat;
  }

  function wait_(uint256 seconds_) external {
    VM.warp(block.timestamp + (seconds_ % 2 days));
  }

  function waitLong(uint256 dice) external {
    if (dice % 16 == 0) VM.warp(block.timestamp + 90 days);
  }

  function feel(uint256 which, uint256 mood, uint256 eventId) external {
    bytes memory again = abi.encodeCall(Escrow.release, (1 + (eventId % EVENTS)));
    payees[which % PAYEES].feel(HostilePayee.Mood(mood % 5), address(OFFICE), again);
    if (!_isNative()) TOKEN.blacklist(address(payees[which % PAYEES]), mood % 5 != 0);
  }

  function sell(uint256 which, uint256 to) external {
    uint256 id = idOf(which);
    Voucher memory voucher = Voucher({
      eventId: id >> 40,
      class: 0,
      unitPrice: PRICE,
      deadline: uint40(block.timestamp),
      payer: address(0),
      orderId: bytes32(which),
      runs: abi.encodePacked(address(payees[to % PAYEES]), uint40(id), uint8(1))
    });
    bytes memory call = abi.encodeCall(BoxOffice.buy, (voucher, address(payees[0]), ""));
    if (!_try(address(OFFICE), _isNative() ? FACE : 0, call)) return;
    _deposited[(id >> 40) - 1] += FACE;
    paidIn += FACE;
  }

  function mintCard(uint256 which, uint256 to) external {
    uint256 id = idOf(which);
    bytes memory runs = abi.encodePacked(address(payees[to % PAYEES]), uint40(id), uint8(1));
    bytes memory call = abi.encodeCall(TicketMint.mintRuns, (id >> 40, 0, PRICE, runs));
    _try(address(TICKETS), 0, call);
  }

  function sellOn(uint256 which, uint256 to) external {
    Ask memory ask;
    (ask.id, ask.market, ask.currency) = (idOf(which), address(this), address(TOKEN));
    ask.nonce = _ticketAt(ask.id).nonce;
    ask.deadline = uint40(block.timestamp);
    bytes memory call = abi.encodeCall(TicketSale.settle, (ask, address(payees[to % PAYEES]), ""));
    _try(address(TICKETS), 0, call);
  }

  function reschedule(uint256 eventId, uint256 by, uint256 dice) external {
    if (dice % 8 != 0) return;
    eventId = 1 + (eventId % EVENTS);
    uint40 doorsAt = TICKETS.eventOf(eventId).doorsAt + uint40(1 + (by % 9 days));
    _try(address(TICKETS), 0, abi.encodeCall(EventBook.reschedule, (eventId, doorsAt)));
  }

  /// @dev Only what its holder can be paid for, by a contract or by the card.
  function giveBack(uint256 which) external {
    uint256 id = idOf(which);
    TicketView memory ticket = _ticketAt(id);
    if (ticket.owner == address(0)) return;
    bool isPayable = ticket.flags & CARD_RESOLD != CARD_RESOLD;
    bool isOpen = block.timestamp < TICKETS.eventOf(id >> 40).refundUntil;
    VM.prank(ticket.owner);
    bool ok = _try(address(TICKETS), 0, abi.encodeCall(TicketGate.giveBack, (id)));
    assert(ok == (isPayable && isOpen && ticket.flags & (USED | VOID) == 0));
  }

  function fundRefunds(uint256 eventId, uint256 amount) external {
    eventId = 1 + (eventId % EVENTS);
    amount %= 2 * FACE;
    bytes memory call = abi.encodeCall(Escrow.fundRefunds, (eventId, amount));
    assert(_try(address(OFFICE), _isNative() ? amount : 0, call));
    _funded[eventId - 1] += amount;
    paidIn += amount;
  }

  function reclaimFunds(uint256 eventId) external {
    eventId = 1 + (eventId % EVENTS);
    uint256 funds = OFFICE.fundsOf(eventId);
    bool isLate = block.timestamp >= uint256(TICKETS.eventOf(eventId).doorsAt) + 180 days;
    uint256 kept = _countOf(eventId - 1, VOID | CARD_RESOLD, VOID | CARD_RESOLD) * FACE;
    bool ok = _try(address(OFFICE), 0, abi.encodeCall(Escrow.reclaimFunds, (eventId)));
    assert(ok == (isLate && funds > kept));
    if (!ok) return;
    assert(OFFICE.fundsOf(eventId) == kept);
    _reclaimed[eventId - 1] += funds - kept;
  }

  /// @dev Past the opening of the gate; whoever was inside is paid back all the same.
  function checkIn(uint256 which) external {
    _try(address(TICKETS), 0, abi.encodeCall(TicketGate.checkIn, (idOf(which))));
  }

  function voidOne(uint256 which) external {
    uint256[] memory ids = new uint256[](1);
    ids[0] = idOf(which);
    _try(address(TICKETS), 0, abi.encodeCall(TicketGate.void, (ids)));
  }

  function cancel(uint256 eventId, uint256 dice) external {
    if (dice % 16 != 0) return;
    _try(
      address(TICKETS),
      0,
      abi.encodeWithSignature("cancelEvent(uint256)", 1 + (eventId % EVENTS))
    );
  }

  /// @dev Whoever is owed a price that came to a contract gets it, whatever happened before.
  function refund(uint256 which) external {
    uint256[] memory ids = new uint256[](1);
    uint256 id = ids[0] = idOf(which);
    uint8 flags = _ticketAt(id).flags;
    bool isFunded = flags & FUNDED != 0;
    bool isCovered = flags & CARD_RESOLD == CARD_RESOLD && OFFICE.fundsOf(id >> 40) >= FACE;
    bool isDue = flags & VOID != 0 || TICKETS.eventOf(id >> 40).cancelled;
    bool ok = _try(address(OFFICE), 0, abi.encodeCall(Escrow.refund, (ids)));
    assert(ok == (isDue && (isFunded || isCovered)));
    if (!ok) return;
    assert(!_isRefunded[id]);
    _isRefunded[id] = true;
    if (isFunded) _refunded[(id >> 40) - 1] += FACE;
    else _refundedOfFunds[(id >> 40) - 1] += FACE;
  }

  function release(uint256 eventId) external {
    eventId = 1 + (eventId % EVENTS);
    uint256 before = OFFICE.escrowOf(eventId);
    if (!_try(address(OFFICE), 0, abi.encodeCall(Escrow.release, (eventId)))) return;
    assert(!TICKETS.eventOf(eventId).cancelled);
    assert(block.timestamp >= uint256(TICKETS.eventOf(eventId).doorsAt) + 3 days);
    _released[eventId - 1] += before - OFFICE.escrowOf(eventId);
  }

  function withdraw(uint256 which) external {
    bytes memory call = abi.encodeCall(
      Credits.withdraw,
      (address(payees[which % PAYEES]), address(TOKEN))
    );
    _try(address(OFFICE), 0, call);
  }

  /// @dev I4 in a closed system, for each event apart; refunds never exceed deposits.
  function check() external view {
    uint256 owed;
    uint256 paid;
    for (uint256 i; i < EVENTS; ++i) {
      uint256 escrow = OFFICE.escrowOf(1 + i);
      uint256 funds = OFFICE.fundsOf(1 + i);
      assert(_deposited[i] == escrow + _released[i] + _refunded[i]);
      assert(_funded[i] == funds + _reclaimed[i] + _refundedOfFunds[i]);
      uint256 due = _countOf(i, VOID | FUNDED, VOID | FUNDED);
      assert(TICKETS.eventOf(1 + i).refundsDue == due * PRICE);
      uint256 unfunded = _countOf(i, VOID | FUNDED | CARD_RESOLD, VOID | CARD_RESOLD);
      assert(TICKETS.eventOf(1 + i).fundsDue == unfunded * PRICE);
      assert(escrow >= due * FACE);
      owed += escrow + funds;
    }
    for (uint256 i; i < PAYEES; ++i) {
      owed += OFFICE.creditOf(address(payees[i]), address(TOKEN));
      paid += _balanceOf(address(payees[i]));
    }
    assert(_balanceOf(address(OFFICE)) == owed);
    assert(paid + owed == paidIn);
  }

  /// @dev How many tickets of an event have exactly these of some flags.
  function _countOf(
    uint256 eventIndex,
    uint8 mask,
    uint8 wanted
  ) private view returns (uint256 count) {
    for (uint256 seat; seat < SEATS * ISSUES; ++seat) {
      uint8 flags = _ticketAt(idOf(eventIndex + EVENTS * seat)).flags;
      if (flags & mask == wanted) ++count;
    }
  }

  function _ticketAt(uint256 id) private view returns (TicketView memory ticket) {
    try TICKETS.ticketOf(id) returns (TicketView memory found) {
      return found;
    } catch {}
  }

  function _isNative() private view returns (bool) {
    return address(TOKEN) == address(0);
  }

  function _balanceOf(address account) private view returns (uint256) {
    return _isNative() ? account.balance : TOKEN.balanceOf(account);
  }

  function _try(address target, uint256 value, bytes memory data) private returns (bool ok) {
    (ok, ) = target.call{value: value, gas: 2_000_000}(data);
    if (ok) ++done[bytes4(data)];
  }
}

abstract contract EscrowChecks {
  EscrowHandler internal handler;

  constructor() payable {}

  function targetContracts() public view returns (address[] memory targets) {
    targets = new address[](1);
    targets[0] = address(handler);
  }

  function invariant_everyWeiIsInEscrowPaidOrOwed() public view {
    handler.check();
  }

  /// @dev The counting means something only if money comes in and goes out on every way.
  function test_handler_sellsRefundsAndReleases() public {
    for (uint256 i; i < 4; ++i) handler.sell(i, 3);
    handler.voidOne(0);
    handler.feel(3, 1, 0);
    handler.refund(0);
    handler.feel(3, 0, 0);
    handler.withdraw(3);
    handler.cancel(1, 0);
    handler.refund(1);
    for (uint256 i; i < 7; ++i) handler.wait_(2 days - 1);
    handler.release(0);
    handler.release(1);
    handler.check();
    assert(handler.done(BoxOffice.buy.selector) == 4);
    assert(handler.done(Escrow.refund.selector) == 2);
    assert(handler.done(Escrow.release.selector) == 1);
    assert(handler.done(Credits.withdraw.selector) == 1);
  }

  /// @dev A seat is sold again once its ticket is void, and a used ticket is refunded once.
  function test_handler_reissuesAndRefundsUsedOnes() public {
    handler.sell(0, 3);
    handler.sell(8, 2);
    handler.voidOne(0);
    handler.sell(8, 2);
    for (uint256 i; i < 4; ++i) handler.wait_(2 days - 1);
    handler.checkIn(8);
    handler.cancel(0, 0);
    handler.refund(0);
    handler.refund(8);
    handler.refund(8);
    handler.check();
    assert(handler.done(BoxOffice.buy.selector) == 2);
    assert(handler.done(TicketGate.checkIn.selector) == 1);
    assert(handler.done(Escrow.refund.selector) == 2);
  }

  /// @dev Tickets sold off chain and on are paid from funds, and what is left of those goes back.
  function test_handler_returnsAndPaysFromFunds() public {
    handler.sell(0, 3);
    handler.mintCard(2, 2);
    handler.sellOn(2, 3);
    handler.reschedule(0, 1 days, 0);
    handler.giveBack(0);
    handler.giveBack(2);
    handler.voidOne(2);
    handler.refund(2);
    handler.fundRefunds(0, 1e15 + 2e10);
    handler.refund(0);
    handler.refund(2);
    handler.mintCard(4, 2);
    handler.sellOn(4, 3);
    handler.voidOne(4);
    handler.fundRefunds(0, 1e15 + 2e10);
    for (uint256 i; i < 3; ++i) handler.waitLong(0);
    handler.reclaimFunds(0);
    handler.check();
    assert(handler.done(TicketSale.settle.selector) == 2);
    assert(handler.done(EventBook.reschedule.selector) == 1);
    assert(handler.done(TicketGate.giveBack.selector) == 1);
    assert(handler.done(TicketGate.void.selector) == 2);
    assert(handler.done(Escrow.refund.selector) == 2);
    assert(handler.done(Escrow.reclaimFunds.selector) == 1);
  }
}

contract EscrowTest is EscrowChecks {
  constructor() payable {}

  function setUp() public {
    handler = new EscrowHandler{value: 1e24}(TestToken(address(0)));
  }
}

contract TokenEscrowTest is EscrowChecks {
  function setUp() public {
    handler = new EscrowHandler(new TestToken(6));
  }
}
