# case ->
fence.tso
