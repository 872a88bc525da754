module cke.local/gotty

go 1.24

require (
	github.com/coder/websocket v1.8.15
	github.com/creack/pty v1.1.24
)
