// Reads gate passes and verifies what the phone's session key signed, on any chain.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What a pass says, and the hash of what its holder must have signed for it.
struct Pass {
  uint256 id;
  uint256 nonce;
  bytes32 structHash;
}

/// @title Pass reader
/// @notice A pass is 179 bytes: version 1, ticket 8, nonce 2, notAfter 4, step 2, session key 33
/// (compressed P-256), the holder's signature 65, the session key's 64. The holder's wallet signs
/// GateSession(ticket,nonce,notAfter,sessionPub) once; the session key signs the first 50 bytes of
/// each code that the phone shows (ECDSA with SHA-256). Apart from the tickets contract because of
/// its size: where a chain has no precompile for P-256, the curve is computed here.
contract PassReader {
  bytes32 private constant SESSION_TYPEHASH = keccak256(
    "GateSession(uint256 ticket,uint16 nonce,uint32 notAfter,bytes sessionPub)"
  );
  uint256 private constant PASS_LENGTH = 179;
  bytes1 private constant VERSION = 0x01;
  uint256 private constant TICKET_AT = 1;
  uint256 private constant NONCE_AT = 9;
  uint256 private constant NOT_AFTER_AT = 11;
  uint256 private constant STEP_AT = 15;
  uint256 private constant KEY_AT = 17;
  uint256 private constant OWNER_SIGNATURE_AT = 50;
  uint256 private constant SESSION_SIGNATURE_AT = 115;

  /// @dev A code is shown for so long, and its neighbours are taken too, for clocks that differ.
  uint256 private constant STEP_SECONDS = 15;
  uint16 private constant STEP_TOLERANCE = 2;

  /// @dev (P + 1) / 4: raising a square to it gives its root, because P is 3 modulo 4.
  uint256 private constant ROOT_EXPONENT = (P256.P + 1) / 4;

  /// @notice Reads a pass whose session and code have not run out.
  /// @param bytes_ Any bytes.
  /// @return fresh False for anything but such a pass, signed by its session key.
  /// @return pass What it says; the holder's signature is still to be verified.
  function read(bytes calldata bytes_) external view returns (bool fresh, Pass memory pass) {
    if (bytes_.length != PASS_LENGTH || bytes_[0] != VERSION) return (false, pass);
    uint256 notAfter = uint32(bytes4(bytes_[NOT_AFTER_AT:]));
    if (block.timestamp > notAfter || !_isCurrent(uint16(bytes2(bytes_[STEP_AT:])))) {
      return (false, pass);
    }
    pass.id = uint64(bytes8(bytes_[TICKET_AT:]));
    pass.nonce = uint16(bytes2(bytes_[NONCE_AT:]));
    bytes32 keyHash = keccak256(bytes_[KEY_AT:OWNER_SIGNATURE_AT]);
    pass.structHash = keccak256(
      abi.encode(SESSION_TYPEHASH, pass.id, pass.nonce, notAfter, keyHash)
    );
    return (_isSessionSigned(bytes_), pass);
  }

  function _isSessionSigned(bytes calldata pass) private view returns (bool) {
    (bool onCurve, uint256 x, uint256 y) = _keyOf(pass);
    if (!onCurve) return false;
    uint256 r = uint256(bytes32(pass[SESSION_SIGNATURE_AT:]));
    uint256 s = uint256(bytes32(pass[SESSION_SIGNATURE_AT + 32:]));
    // Phones sign with either half of the curve's order; both are the same signature.
    if (s > P256.N / 2 && s < P256.N) s = P256.N - s;
    bytes32 digest = sha256(pass[:OWNER_SIGNATURE_AT]);
    return P256.verify(digest, bytes32(r), bytes32(s), bytes32(x), bytes32(y));
  }

  /// @dev Decompresses the public key: y is the root of x³ + ax + b with the parity of the prefix.
  function _keyOf(bytes calldata pass) private view returns (bool, uint256 x, uint256 y) {
    uint256 prefix = uint8(pass[KEY_AT]);
    x = uint256(bytes32(pass[KEY_AT + 1:]));
    if ((prefix != 2 && prefix != 3) || x >= P256.P) return (false, 0, 0);
    uint256 cube = mulmod(mulmod(x, x, P256.P), x, P256.P);
    uint256 square = addmod(addmod(cube, mulmod(P256.A, x, P256.P), P256.P), P256.B, P256.P);
    bool computed;
    (computed, y) = Math.tryModExp(square, ROOT_EXPONENT, P256.P);
    if (!computed || mulmod(y, y, P256.P) != square) return (false, 0, 0);
    if (y % 2 != prefix % 2) y = P256.P - y;
    return (true, x, y);
  }

  /// @dev Steps count modulo 2^16, eleven days.
  function _isCurrent(uint16 step) private view returns (bool) {
    unchecked {
      uint16 age = uint16(block.timestamp / STEP_SECONDS) - step;
      return age <= STEP_TOLERANCE || age >= type(uint16).max - STEP_TOLERANCE + 1;
    }
  }
}
