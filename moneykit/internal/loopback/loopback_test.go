package loopback

import "testing"

func TestHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "localhost:1": true, "LOCALHOST:1": true,
		"127.0.0.1": true, "127.0.0.1:1": true, "127.9.9.9:1": true,
		"::1": true, "[::1]": true, "[::1]:1": true,
		"::ffff:127.0.0.1": true, "[::FFFF:127.0.0.1]:1": true,
		"": false, ":1": false, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1": false, "10.0.0.1:1": false, "::2": false, "[::ffff:10.0.0.1]:1": false,
		"localhost.example": false, "localhost.example:1": false, "127.0.0.1.example": false, "127.0.0.1@evil.example": false, "127.1": false, "::1:80": false,
	} {
		if Host(host) != want {
			t.Errorf("%q: %t", host, !want)
		}
	}
}
