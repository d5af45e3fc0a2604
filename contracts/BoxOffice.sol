// Sells tickets on the server's vouchers: pay and mint in one transaction, money kept in escrow.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Escrow, EscrowPaymentWrong} from "./Escrow.sol";
import {Tickets} from "./Tickets.sol";
import {Consent} from "./libraries/Consent.sol";
import {EventView} from "./libraries/EventRecord.sol";
import {MintRun} from "./libraries/MintRun.sol";
import {Voucher, hashVoucher} from "./libraries/Voucher.sol";

/// @notice The voucher has run out: its seats may be somebody else's by now.
/// @param orderId The order.
/// @param deadline When it did, in seconds.
error BoxOfficeVoucherExpired(bytes32 orderId, uint256 deadline);

/// @notice The voucher was not signed by a holder of VOUCHER_ROLE.
/// @param signer The account named as its signer.
error BoxOfficeVoucherInvalid(address signer);

/// @notice The voucher is for another payer.
/// @param payer The account that would have paid.
/// @param expected The account that it is for.
error BoxOfficePayerWrong(address payer, address expected);

/// @notice The voucher's price is below the floor of its class.
/// @param eventId The event.
/// @param class The class.
/// @param unitPrice The voucher's price, in the event's face unit.
/// @param floor The lowest price.
error BoxOfficePriceBelowFloor(uint256 eventId, uint256 class, uint256 unitPrice, uint256 floor);

/// @notice There are five classes: 0 public, 1 presale, 2 artist, 3 sponsor, 4 comp.
/// @param class The class asked for.
error BoxOfficeClassUnknown(uint256 class);

/// @notice Prices are fixed from the first sale on.
/// @param eventId The event.
error BoxOfficeSaleStarted(uint256 eventId);

/// @notice The event's money may have been paid out: no price could be kept any more.
/// @param eventId The event.
/// @param overAt When it ended for the contracts, in seconds.
error BoxOfficeEventOver(uint256 eventId, uint256 overAt);

/// @notice The token said nothing to a payer's authorisation: it does not know EIP-3009.
/// @param currency The token.
error BoxOfficeAuthorisationUnknown(address currency);

/// @notice A holder's consent that a token moves, in the two shapes that tokens know.
struct TokenConsent {
  uint256 validAfter;
  uint256 deadline;
  uint8 v;
  bytes32 r;
  bytes32 s;
}

/// @title Box office
/// @notice A voucher needs no register of its own: its seats can be minted only once.
contract BoxOffice is Escrow, EIP712 {
  bytes32 private constant VOUCHER_ROLE = keccak256("VOUCHER_ROLE");
  uint256 private constant CLASSES = 5;
  uint256 private constant COUNT_OFFSET = 25;

  mapping(uint256 eventId => mapping(uint256 class => uint256)) private _floors;

  /// @notice An order was paid and its tickets minted.
  /// @param orderId The order.
  /// @param eventId The event.
  /// @param payer Who paid.
  /// @param amount How much, in the event's currency.
  event OrderPaid(
    bytes32 indexed orderId,
    uint256 indexed eventId,
    address indexed payer,
    uint256 amount
  );

  /// @notice A class is not sold below a price.
  /// @param eventId The event.
  /// @param class The class.
  /// @param floor The lowest price, in the event's face unit.
  event FloorSet(uint256 indexed eventId, uint8 indexed class, uint48 floor);

  /// @notice Starts without money.
  /// @param tickets Whose tickets are sold.
  constructor(Tickets tickets) Escrow(tickets) EIP712("Stagedoor BoxOffice", "1") {}

  /// @notice Buys the voucher's seats, paid by the caller: sent along if the event's currency is
  /// the native coin, taken by allowance if it is a token.
  /// @param voucher The order.
  /// @param signer Who signed it.
  /// @param signature The signer's.
  function buy(
    Voucher calldata voucher,
    address signer,
    bytes calldata signature
  ) external payable nonReentrant {
    EventView memory terms = _requireVoucher(voucher, signer, signature, msg.sender);
    _pay(voucher, terms);
  }

  /// @notice As buy, on a permit for the price (ERC-2612). A permit that somebody else submitted
  /// first is no reason to fail: the allowance is then there.
  /// @param voucher The order.
  /// @param signer Who signed it.
  /// @param signature The signer's.
  /// @param consent The caller's permit.
  function buyWithPermit(
    Voucher calldata voucher,
    address signer,
    bytes calldata signature,
    TokenConsent calldata consent
  ) external nonReentrant {
    EventView memory terms = _requireVoucher(voucher, signer, signature, msg.sender);
    uint256 amount = _amountOf(voucher, terms);
    if (terms.currency == address(0)) revert EscrowPaymentWrong(0, amount);
    try
      IERC20Permit(terms.currency).permit(
        msg.sender,
        address(this),
        amount,
        consent.deadline,
        consent.v,
        consent.r,
        consent.s
      )
    {} catch {}
    _pay(voucher, terms);
  }

  /// @notice Buys for a payer that signed an authorisation for the token (EIP-3009), whose nonce is
  /// the voucher's hash: whoever submits it can only do exactly this with it.
  /// @param voucher The order.
  /// @param signer Who signed it.
  /// @param signature The signer's.
  /// @param payer Who pays.
  /// @param consent The payer's authorisation.
  function buyFor(
    Voucher calldata voucher,
    address signer,
    bytes calldata signature,
    address payer,
    TokenConsent calldata consent
  ) external nonReentrant {
    EventView memory terms = _requireVoucher(voucher, signer, signature, payer);
    uint256 amount = _amountOf(voucher, terms);
    if (terms.currency == address(0)) revert EscrowPaymentWrong(0, amount);
    _receive(terms.currency, payer, amount, hashVoucher(voucher), consent);
    _mint(voucher, payer, amount);
  }

  /// @notice Sets the lowest price of a class, before the event's first sale.
  /// @param eventId The event.
  /// @param class 0 public, 1 presale, 2 artist, 3 sponsor, 4 comp.
  /// @param floor The price, in the event's face unit.
  function setFloor(uint256 eventId, uint8 class, uint48 floor) external {
    if (class >= CLASSES) revert BoxOfficeClassUnknown(class);
    if (_eventOfOrganiser(eventId).saleStarted) revert BoxOfficeSaleStarted(eventId);
    _floors[eventId][class] = floor;
    emit FloorSet(eventId, class, floor);
  }

  /// @notice The lowest price of a class.
  /// @param eventId The event.
  /// @param class 0 public, 1 presale, 2 artist, 3 sponsor, 4 comp.
  /// @return The price, in the event's face unit.
  function floorOf(uint256 eventId, uint8 class) external view returns (uint256) {
    return _floors[eventId][class];
  }

  function _pay(Voucher calldata voucher, EventView memory terms) private {
    uint256 amount = _amountOf(voucher, terms);
    _collect(terms.currency, amount);
    _mint(voucher, msg.sender, amount);
  }

  function _receive(
    address currency,
    address payer,
    uint256 amount,
    bytes32 nonce,
    TokenConsent calldata consent
  ) private {
    uint256 before = _balanceOf(currency);
    try
      IERC3009(currency).receiveWithAuthorization(
        payer,
        address(this),
        amount,
        consent.validAfter,
        consent.deadline,
        nonce,
        consent.v,
        consent.r,
        consent.s
      )
    {} catch (bytes memory reason) {
      if (reason.length == 0) revert BoxOfficeAuthorisationUnknown(currency);
      LowLevelCall.bubbleRevert(reason);
    }
    _requireArrived(_balanceOf(currency) - before, amount);
  }

  /// @dev The count of tickets minted is the one paid for: both read the same runs.
  function _mint(Voucher calldata voucher, address payer, uint256 amount) private {
    _deposit(voucher.eventId, amount);
    TICKETS.mintFunded(voucher.eventId, voucher.class, voucher.unitPrice, voucher.runs);
    emit OrderPaid(voucher.orderId, voucher.eventId, payer, amount);
  }

  function _requireVoucher(
    Voucher calldata voucher,
    address signer,
    bytes calldata signature,
    address payer
  ) private view returns (EventView memory terms) {
    if (block.timestamp > voucher.deadline) {
      revert BoxOfficeVoucherExpired(voucher.orderId, voucher.deadline);
    }
    if (voucher.payer != address(0) && voucher.payer != payer) {
      revert BoxOfficePayerWrong(payer, voucher.payer);
    }
    uint256 floor = _floors[voucher.eventId][voucher.class];
    if (voucher.unitPrice < floor) {
      revert BoxOfficePriceBelowFloor(voucher.eventId, voucher.class, voucher.unitPrice, floor);
    }
    bytes32 digest = _hashTypedDataV4(hashVoucher(voucher));
    if (!TICKETS.hasRole(VOUCHER_ROLE, signer) || !Consent.isSignedBy(signer, digest, signature)) {
      revert BoxOfficeVoucherInvalid(signer);
    }
    terms = TICKETS.eventOf(voucher.eventId);
    uint256 overAt = terms.doorsAt + TICKETS.SETTLED_AFTER_DOORS();
    if (block.timestamp >= overAt) revert BoxOfficeEventOver(voucher.eventId, overAt);
  }

  /// @dev What the voucher's tickets cost, in the currency's smallest unit.
  function _amountOf(
    Voucher calldata voucher,
    EventView memory terms
  ) private pure returns (uint256) {
    bytes calldata runs = voucher.runs;
    MintRun.requireRecords(runs);
    uint256 tickets;
    for (uint256 i = COUNT_OFFSET; i < runs.length; i += MintRun.RECORD_BYTES) {
      tickets += uint8(runs[i]);
    }
    return tickets * voucher.unitPrice * terms.faceUnit;
  }
}
