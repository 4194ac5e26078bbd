//go:build !linux

package keystore

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
)

// preflight has nothing to check here: only Linux reaches its keyring by D-Bus
// alone.
func preflight() error { return nil }

// canAsk tells whether a prompt can have been shown to the user.
func canAsk() bool { return true }

// diagnose has no way to look at the keyring without a prompt here.
func diagnose(context.Context) Reason { return "" }

// classifySystem knows the exit codes of macOS's security command, which are
// the low bytes of the Security framework's results.
func classifySystem(err error) Reason {
	if errors.Is(err, exec.ErrNotFound) {
		return Unsupported
	}
	e, ok := errors.AsType[*exec.ExitError](err)
	if !ok || runtime.GOOS != "darwin" {
		return Other
	}
	switch e.ExitCode() {
	case 36: // errSecInteractionNotAllowed: the keychain is locked and may not ask
		return Locked
	case 51, 128: // errSecAuthFailed, and the user pressed Cancel
		return Denied
	case 44: // errSecItemNotFound
		return NotFound
	}
	return Other
}
