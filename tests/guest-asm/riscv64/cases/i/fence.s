# case ->
fence iorw, iorw
fence rw, w
fence r, r
fence 0, 0
.4byte 0xcff5058f
