// Sells, voids, cancels, refunds and releases at random, and counts every wei of two events.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BoxOffice} from "../../contracts/BoxOffice.sol";
import {Credits} from "../../contracts/Credits.sol";
import {Escrow} from "../../contracts/Escrow.sol";
import {TicketGate} from "../../contracts/TicketGate.sol";
import {Tickets} from "../../contracts/Tickets.sol";
import {Policy} from "../../contracts/libraries/EventHead.sol";
import {EventTerms} from "../../contracts/libraries/EventRecord.sol";
import {Voucher} from "../../contracts/libraries/Voucher.sol";
import {HostilePayee} from "./mocks/Payees.sol";
import {deployTickets, termsOf} from "./mocks/TicketsSetup.sol";
import {VM} from "./mocks/Vm.sol";

/// @notice Holders, organisers and the server are contracts that sign everything, and that take
/// money only in a good mood. Events 1 and 2 have an organiser each.
contract EscrowHandler {
  uint256 private constant EVENTS = 2;
  uint256 private constant SEATS = 4;
  uint256 private constant PAYEES = 4;
  uint48 private constant PRICE = 1_000_003;

  Tickets public immutable TICKETS = deployTickets(address(this));
  BoxOffice public immutable OFFICE = new BoxOffice(TICKETS);
  HostilePayee[PAYEES] public payees;
  uint256[EVENTS] private _deposited;
  uint256[EVENTS] private _released;
  uint256[EVENTS] private _refunded;
  uint256 public paidIn;
  mapping(uint256 id => bool) private _isRefunded;
  mapping(bytes4 method => uint256) public done;

  constructor() payable {
    for (uint256 i; i < PAYEES; ++i) payees[i] = new HostilePayee();
    TICKETS.grantRole(TICKETS.VOUCHER_ROLE(), address(payees[0]));
    for (uint256 i; i < EVENTS; ++i) {
      EventTerms memory terms = termsOf(Policy.OPEN, 0, uint40(block.timestamp + 8 days));
      terms.boxOffice = address(OFFICE);
      terms.organiser = address(payees[1 + i]);
      TICKETS.createEvent(1 + i, terms);
    }
  }

  function idOf(uint256 which) public pure returns (uint256) {
    uint256 seat = (which / EVENTS) % SEATS;
    return ((1 + (which % EVENTS)) << 40) | (1 << 24) | (1 << 12) | seat;
  }

  function wait_(uint256 seconds_) external {
    VM.warp(block.timestamp + (seconds_ % 2 days));
  }

  function feel(uint256 which, uint256 mood, uint256 eventId) external {
    bytes memory again = abi.encodeCall(Escrow.release, (1 + (eventId % EVENTS)));
    payees[which % PAYEES].feel(HostilePayee.Mood(mood % 5), address(OFFICE), again);
  }

  function sell(uint256 which, uint256 to) external {
    uint256 id = idOf(which);
    uint256 amount = uint256(PRICE) * 1 gwei;
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
    if (!_try(address(OFFICE), amount, call)) return;
    _deposited[(id >> 40) - 1] += amount;
    paidIn += amount;
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

  function refund(uint256 which) external {
    uint256[] memory ids = new uint256[](1);
    ids[0] = idOf(which);
    if (!_try(address(OFFICE), 0, abi.encodeCall(Escrow.refund, (ids)))) return;
    assert(!_isRefunded[ids[0]]);
    _isRefunded[ids[0]] = true;
    _refunded[(ids[0] >> 40) - 1] += uint256(PRICE) * 1 gwei;
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
      (address(payees[which % PAYEES]), address(0))
    );
    _try(address(OFFICE), 0, call);
  }

  /// @dev I4 in a closed system, for each event apart; refunds never exceed deposits.
  function check() external view {
    uint256 owed;
    uint256 paid;
    for (uint256 i; i < EVENTS; ++i) {
      uint256 escrow = OFFICE.escrowOf(1 + i);
      assert(_deposited[i] == escrow + _released[i] + _refunded[i]);
      uint256 due = uint256(TICKETS.eventOf(1 + i).refundsDue) * 1 gwei;
      assert(escrow >= due);
      owed += escrow;
    }
    for (uint256 i; i < PAYEES; ++i) {
      owed += OFFICE.creditOf(address(payees[i]), address(0));
      paid += address(payees[i]).balance;
    }
    assert(address(OFFICE).balance == owed);
    assert(paid + owed == paidIn);
  }

  function _try(address target, uint256 value, bytes memory data) private returns (bool ok) {
    (ok, ) = target.call{value: value, gas: 2_000_000}(data);
    if (ok) ++done[bytes4(data)];
  }
}

contract EscrowTest {
  EscrowHandler private handler;

  constructor() payable {}

  function setUp() public {
    handler = new EscrowHandler{value: 1e24}();
  }

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
}
