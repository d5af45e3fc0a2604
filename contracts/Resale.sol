// Settles holders' signed asks: the ticket, the holder's money and the artists' share in one go.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Payouts} from "./Payouts.sol";
import {Splits} from "./Splits.sol";
import {Tickets} from "./Tickets.sol";
import {Ask} from "./libraries/Ask.sol";
import {dividePrice} from "./libraries/Shares.sol";
import {TicketId} from "./libraries/TicketId.sol";

/// @notice The native coin sent is not the price; it is none for a sale in a token.
/// @param sent What was sent.
/// @param expected What had to be.
error ResalePaymentWrong(uint256 sent, uint256 expected);

/// @notice Less arrived than the price: the token keeps a part of what it moves.
/// @param arrived What arrived.
/// @param expected The price.
error ResalePaymentShort(uint256 arrived, uint256 expected);

/// @notice A fee needs a receiver.
/// @param id The ticket.
error ResaleFeeReceiverZero(uint256 id);

/// @title Resale
/// @notice Has no power over tickets: the tickets contract verifies the holder's signature, the
/// cap, the currency and the event's rules, and this contract only divides the price. A return to
/// the organiser is an ask whose buyer is the organiser, at face or less.
contract Resale is Payouts {
  using SafeERC20 for IERC20;

  /// @notice Whose tickets are sold.
  Tickets public immutable TICKETS;

  /// @notice A ticket was sold on: price = what the seller got + royalty + fee, to the last unit.
  /// @param id The ticket.
  /// @param seller Who sold it.
  /// @param buyer Who holds it now.
  /// @param price What the buyer paid, in the event's currency.
  /// @param royalty The artists' share, in the event's pot.
  /// @param fee The market's share.
  event Sold(
    uint256 indexed id,
    address indexed seller,
    address indexed buyer,
    uint256 price,
    uint256 royalty,
    uint256 fee
  );

  /// @notice Starts without money.
  /// @param tickets Whose tickets are sold.
  /// @param splits Who shares the royalties.
  constructor(Tickets tickets, Splits splits) Payouts(splits) {
    TICKETS = tickets;
  }

  /// @notice Buys a ticket at its holder's ask, paid by the caller in the ask's currency: sent
  /// along if it is the native coin, taken by allowance if it is a token.
  /// @param ask What the holder signed.
  /// @param to The buyer.
  /// @param signature The holder's.
  function buy(
    Ask calldata ask,
    address to,
    bytes calldata signature
  ) external payable nonReentrant {
    address currency = ask.currency;
    uint256 price = ask.price;
    uint256 expected = currency == address(0) ? price : 0;
    if (msg.value != expected) revert ResalePaymentWrong(msg.value, expected);
    if (ask.feeBps != 0 && ask.feeTo == address(0)) revert ResaleFeeReceiverZero(ask.id);
    signature; // _settle hands it on with the rest
    // The ticket moves first: what the buyer's money sets in motion finds the sale done.
    (address seller, uint256 royaltyBps) = _settle();
    if (currency != address(0)) _collect(IERC20(currency), price);
    // settle has capped the price below 2^128, and the shares at the price together
    (uint256 royalty, uint256 fee, uint256 rest) = dividePrice(price, royaltyBps, ask.feeBps);
    emit Sold(ask.id, seller, to, price, royalty, fee);
    _addToPot(TicketId.eventOf(ask.id), currency, royalty);
    _push(ask.feeTo, currency, fee);
    _push(seller, currency, rest);
  }

  /// @dev Hands its own calldata on as it came, because settle takes the same arguments: to decode
  /// and encode them again would cost a buyer 1,500 gas.
  function _settle() private returns (address seller, uint256 royaltyBps) {
    address target = address(TICKETS);
    bytes4 selector = TICKETS.settle.selector;
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
      let start := mload(0x40)
      calldatacopy(start, 0, calldatasize())
      mstore(start, or(selector, and(mload(start), shr(32, not(0)))))
      if iszero(call(gas(), target, 0, start, calldatasize(), 0, 0x40)) {
        returndatacopy(start, 0, returndatasize())
        revert(start, returndatasize())
      }
      // the scratch space is free for both words of the answer
      seller := mload(0)
      royaltyBps := mload(0x20)
    }
  }

  function _collect(IERC20 token, uint256 price) private {
    uint256 before = token.balanceOf(address(this));
    token.safeTransferFrom(msg.sender, address(this), price);
    uint256 arrived = token.balanceOf(address(this)) - before;
    if (arrived < price) revert ResalePaymentShort(arrived, price);
  }
}
