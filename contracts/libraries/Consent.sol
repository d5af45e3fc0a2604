// Tells whether an account signed a message, whatever kind of account it is.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
// prettier-ignore
import {
  SignatureChecker
} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Consent
/// @notice A key's own signature counts first: an account that delegated its code (EIP-7702) still
/// has its key, and its code may know nothing of ERC-1271.
library Consent {
  function isSignedBy(
    address signer,
    bytes32 digest,
    bytes calldata signature
  ) internal view returns (bool) {
    (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
    if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
    return SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature);
  }
}
