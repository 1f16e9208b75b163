# case ->
pause
