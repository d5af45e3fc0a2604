// Sells tickets of two events at random prices to random payees and counts every wei.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Credits} from "../../contracts/Credits.sol";
import {Payouts} from "../../contracts/Payouts.sol";
import {Resale} from "../../contracts/Resale.sol";
import {Split, Splits} from "../../contracts/Splits.sol";
import {Tickets} from "../../contracts/Tickets.sol";
import {Ask} from "../../contracts/libraries/Ask.sol";
import {Policy} from "../../contracts/libraries/EventHead.sol";
import {HostilePayee} from "./mocks/Payees.sol";
import {deployTickets, termsOf} from "./mocks/TicketsSetup.sol";

/// @notice Holders are contracts that sign everything and take money only in a good mood. The
/// events share one market and one set of payees, so that only the books keep their pots apart.
contract ResaleHandler {
  uint256 private constant FIRST_EVENT = 7;
  uint256 public constant EVENTS = 2;
  uint256 public constant HOLDERS = 4;
  uint256 private constant FACE = 1_000_003;
  uint256 private constant SEATS = 3;
  uint256 private constant BPS = 10_000;
  uint256 private constant ROYALTY_BPS = 1_000;

  Tickets public immutable TICKETS = deployTickets(address(this));
  Splits public immutable SPLITS = new Splits(TICKETS);
  Resale public immutable RESALE = new Resale(TICKETS, SPLITS);
  HostilePayee[HOLDERS] public holders;
  Split private _split;
  uint256[EVENTS] private _royalties;
  uint256[EVENTS] private _shared;
  uint256 public paidIn;
  uint256 public sales;

  constructor() payable {
    for (uint256 i; i < HOLDERS; ++i) holders[i] = new HostilePayee();
    address[] memory payees = new address[](3);
    uint16[] memory shares = new uint16[](3);
    bytes[] memory signatures = new bytes[](3);
    (shares[0], shares[1], shares[2]) = (3_333, 3_333, 3_334);
    for (uint256 i; i < 3; ++i) payees[i] = address(holders[i]);
    _split = Split(0, payees, shares);
    for (uint256 which; which < EVENTS; ++which) {
      uint256 eventId = FIRST_EVENT + which;
      TICKETS.createEvent(eventId, termsOf(Policy.OPEN, 0, uint40(block.timestamp + 30 days)));
      TICKETS.setMarket(eventId, address(RESALE), true);
      SPLITS.lockSplit(eventId, payees, shares, signatures);
    }
    for (uint256 which; which < EVENTS * SEATS; ++which) {
      uint256 id = idOf(which);
      bytes memory runs = abi.encodePacked(address(holders[which % 3]), uint40(id), uint8(1));
      TICKETS.mintRuns(id >> 40, 0, uint48(FACE), runs);
    }
  }

  function idOf(uint256 which) public pure returns (uint256) {
    uint256 seat = (which / EVENTS) % SEATS;
    return (eventAt(which) << 40) | (1 << 24) | (1 << 12) | seat;
  }

  function eventAt(uint256 which) public pure returns (uint256) {
    return FIRST_EVENT + (which % EVENTS);
  }

  function feel(uint256 which, uint256 mood) external {
    uint256 eventId = eventAt(mood / 5);
    bytes memory again = abi.encodeCall(Payouts.distribute, (eventId, address(0), _split));
    holders[which % HOLDERS].feel(HostilePayee.Mood(mood % 5), address(RESALE), again);
  }

  /// @dev Whoever is paid looks at the books in the middle of it.
  function inspect(uint256 which) external {
    bytes memory look = abi.encodeCall(this.checkSolvent, ());
    holders[which % HOLDERS].feel(HostilePayee.Mood.INSPECT, address(this), look);
  }

  /// @dev At the cap, above it by one, and at small and odd prices.
  function sell(uint256 which, uint256 to, uint256 price, uint16 feeBps) external {
    uint256 cap = (FACE * 1 gwei * 11_000) / 10_000;
    price =
      price % 8 == 0
        ? cap + 1
        : price % 8 == 1
          ? cap
          : price % (1 + cap);
    feeBps %= 600;
    uint256 id = idOf(which);
    Ask memory ask = Ask({
      id: id,
      market: address(RESALE),
      currency: address(0),
      price: price,
      nonce: TICKETS.ticketOf(id).nonce,
      deadline: uint40(block.timestamp),
      feeBps: feeBps,
      feeTo: address(holders[to % HOLDERS]),
      allowedBuyer: address(0)
    });
    address buyer = address(holders[to % HOLDERS]);
    bytes memory call = abi.encodeCall(Resale.buy, (ask, buyer, ""));
    (bool ok, ) = address(RESALE).call{value: price}(call);
    assert(ok == (price <= cap && feeBps <= 500));
    if (!ok) return;
    paidIn += price;
    _royalties[which % EVENTS] += (price * ROYALTY_BPS) / BPS;
    ++sales;
    assert(TICKETS.ownerOf(id) == buyer);
  }

  /// @dev Each payee has its share to the wei, and the last what division leaves: paid or owed.
  function distribute(uint256 which) external {
    which %= EVENTS;
    uint256 pot = RESALE.potOf(eventAt(which), address(0));
    uint256[3] memory before;
    for (uint256 i; i < 3; ++i) before[i] = _got(i);
    bytes memory call = abi.encodeCall(Payouts.distribute, (eventAt(which), address(0), _split));
    (bool ok, ) = address(RESALE).call(call);
    assert(ok == (pot != 0));
    if (!ok) return;
    _shared[which] += pot;
    uint256 share = (pot * 3_333) / BPS;
    assert(_got(0) - before[0] == share && _got(1) - before[1] == share);
    assert(_got(2) - before[2] == pot - 2 * share);
  }

  function withdraw(uint256 which) external {
    address account = address(holders[which % HOLDERS]);
    bytes memory call = abi.encodeCall(Credits.withdraw, (account, address(0)));
    (bool ok, ) = address(RESALE).call{gas: 1_000_000}(call);
    if (ok) assert(RESALE.creditOf(account, address(0)) == 0);
  }

  /// @dev At any moment, in the middle of a payout too: what is held covers what is owed.
  function checkSolvent() external view {
    uint256 owed;
    for (uint256 i; i < EVENTS; ++i) owed += RESALE.potOf(eventAt(i), address(0));
    for (uint256 i; i < HOLDERS; ++i) owed += RESALE.creditOf(address(holders[i]), address(0));
    assert(address(RESALE).balance >= owed);
  }

  /// @dev I4 and I5 in a closed system: what came in is with the payees, in a pot or owed, and each
  /// pot is what its own event's sales brought and nobody shared out yet.
  function check() external view {
    uint256 owed;
    for (uint256 i; i < EVENTS; ++i) {
      uint256 pot = RESALE.potOf(eventAt(i), address(0));
      assert(pot == _royalties[i] - _shared[i]);
      owed += pot;
    }
    uint256 paid;
    for (uint256 i; i < HOLDERS; ++i) {
      owed += RESALE.creditOf(address(holders[i]), address(0));
      paid += address(holders[i]).balance;
      assert(!holders[i].foundWrong());
    }
    assert(address(RESALE).balance == owed);
    assert(paid + owed == paidIn);
  }

  function _got(uint256 which) private view returns (uint256) {
    address payee = address(holders[which]);
    return payee.balance + RESALE.creditOf(payee, address(0));
  }
}

contract ResaleTest {
  ResaleHandler private handler;

  function setUp() public {
    handler = new ResaleHandler{value: 1e24}();
  }

  constructor() payable {}

  function targetContracts() public view returns (address[] memory targets) {
    targets = new address[](1);
    targets[0] = address(handler);
  }

  function invariant_everyWeiIsPaidOrOwed() public view {
    handler.check();
  }

  /// @dev The counting means something only if tickets are sold and pots shared out.
  function test_handler_sellsAndShares() public {
    handler.sell(0, 1, 1, 300);
    handler.feel(0, 1);
    handler.distribute(0);
    handler.withdraw(0);
    handler.feel(0, 0);
    handler.withdraw(0);
    handler.inspect(1);
    handler.inspect(2);
    handler.sell(1, 2, 1_000_006, 300);
    handler.sell(2, 3, 1_000_007, 300);
    handler.check();
    handler.distribute(1);
    handler.check();
    handler.distribute(0);
    handler.check();
    assert(handler.sales() == 3);
    assert(handler.holders(1).inspections() > 0 && handler.holders(2).inspections() > 0);
    assert(handler.RESALE().creditOf(address(handler.holders(0)), address(0)) == 0);
  }
}
