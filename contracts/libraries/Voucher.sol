// Says what the server signs for an order: these seats, at this price, for this buyer, until then.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An order (EIP-712), signed by a holder of VOUCHER_ROLE after the seats were claimed.
/// `runs` are the seats (see MintRun), all of one class at one price in the event's face unit.
/// `payer` pays, 0 is anybody. `orderId` makes two orders of the same seats different.
struct Voucher {
  uint256 eventId;
  uint8 class;
  uint48 unitPrice;
  uint40 deadline;
  address payer;
  bytes32 orderId;
  bytes runs;
}

bytes32 constant VOUCHER_TYPEHASH = keccak256(
  "Voucher(uint256 eventId,uint8 class,uint48 unitPrice,uint40 deadline,address payer,"
  "bytes32 orderId,bytes runs)"
);

function hashVoucher(Voucher calldata voucher) pure returns (bytes32) {
  return
    keccak256(
      abi.encode(
        VOUCHER_TYPEHASH,
        voucher.eventId,
        voucher.class,
        voucher.unitPrice,
        voucher.deadline,
        voucher.payer,
        voucher.orderId,
        keccak256(voucher.runs)
      )
    );
}
