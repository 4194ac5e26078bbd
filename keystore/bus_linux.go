package keystore

import (
	"context"
	"os"
	"slices"

	"github.com/godbus/dbus/v5"
)

const (
	secretsName = "org.freedesktop.secrets"
	secretsPath = dbus.ObjectPath("/org/freedesktop/secrets")
	loginPath   = secretsPath + "/collection/login"

	serviceInterface    = "org.freedesktop.Secret.Service"
	collectionInterface = "org.freedesktop.Secret.Collection"
)

// preflight fails when there is no session bus to talk to. Without it the
// keyring library would start a bus of its own (dbus-launch), which outlives
// till and has no keyring that anybody could unlock.
func preflight() error {
	conn, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		return &Error{Reason: NoBus, Err: err}
	}
	_ = conn.Close()
	return nil
}

// canAsk tells whether a prompt can have been shown to the user.
func canAsk() bool {
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// diagnose says what is wrong with the keyring the library would use, well when
// it works, and "" when that cannot be told before ctx ends. It starts neither a bus nor a service, and opens no prompt.
func diagnose(ctx context.Context) Reason {
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return NoBus
	}
	defer func() { _ = conn.Close() }()
	if conn.Auth(nil) != nil || conn.Hello() != nil {
		return unlessEnded(ctx, NoBus)
	}
	var owned bool
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, secretsName).Store(&owned)
	if err != nil {
		return ""
	}
	if !owned {
		return NoDaemon
	}
	path, found, err := defaultCollection(ctx, conn)
	if err != nil {
		return ""
	}
	if !found {
		return NoCollection
	}
	var locked bool
	if property(ctx, conn, path, collectionInterface, "Locked", &locked) != nil {
		return ""
	}
	if locked {
		return Locked
	}
	return well
}

func unlessEnded(ctx context.Context, r Reason) Reason {
	if ctx.Err() != nil {
		return ""
	}
	return r
}

// defaultCollection finds the collection as the keyring library does: the one
// called login, else the one with the alias default.
func defaultCollection(ctx context.Context, conn *dbus.Conn) (dbus.ObjectPath, bool, error) {
	var all []dbus.ObjectPath
	if err := property(ctx, conn, secretsPath, serviceInterface, "Collections", &all); err != nil {
		return "", false, err
	}
	if slices.Contains(all, loginPath) {
		return loginPath, true, nil
	}
	var path dbus.ObjectPath
	err := conn.Object(secretsName, secretsPath).
		CallWithContext(ctx, serviceInterface+".ReadAlias", dbus.FlagNoAutoStart, "default").Store(&path)
	if err != nil {
		return "", false, err
	}
	return path, path != "/", nil
}

func property(ctx context.Context, conn *dbus.Conn, path dbus.ObjectPath, iface, name string, into any) error {
	var v dbus.Variant
	err := conn.Object(secretsName, path).
		CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, iface, name).Store(&v)
	if err != nil {
		return err
	}
	return v.Store(into)
}

// classifySystem knows errors of this system only: here D-Bus says it all.
func classifySystem(error) Reason { return Other }
