import '@/i18n/knowledge'
