/* The vDSO as programs see it: the data page, then the shared object. */
	.section .vdso, "aw"
	.balign	4096
	.globl	vdso_data
vdso_data:
	.skip	4096
	.globl	vdso_text
vdso_text:
	.incbin	VDSO_IMAGE
	.balign	4096
	.globl	vdso_end
vdso_end:
